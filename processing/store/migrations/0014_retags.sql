-- The watch makes its state anew from the counts when it starts: nothing of it is kept. What it cannot see in the counts
-- is that posts of the past were tagged again. It makes its state anew then, too.

DROP VIEW watch_state;

DROP TABLE watch_state_versions;

CREATE TABLE retags
(
    start DateTime64(3, 'UTC') COMMENT 'event time from which posts were tagged again',
    `end` DateTime64(3, 'UTC') COMMENT 'event time up to which',
    posts UInt64 COMMENT 'how many of them have a text still',
    changed UInt64 COMMENT 'how many of those have another language or other topics now',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when'
)
ENGINE = MergeTree
ORDER BY (start, `end`)
COMMENT 'stretches whose posts were tagged again and whose minutes were counted again: one row a stretch';
