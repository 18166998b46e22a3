-- A post may be placed by a third clock: by the time in the key of a record of Bluesky, or by when an undated item was seen.

ALTER TABLE post_versions
    COMMENT COLUMN clock_replaced 'created_at is not the author''s clock, which said nothing or could not be right';
