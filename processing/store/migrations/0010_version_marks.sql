-- Versions were the server's clock. After a step back the newest row lost to an older one, and nothing said so. Each is
-- now above all that were taken before, whatever the clock says: `processing/store/versions.py` has the argument.

CREATE TABLE version_marks
(
    of LowCardinality(String) COMMENT 'which versions: all',
    version UInt64 COMMENT 'the highest that was taken: the server''s clock in microseconds, or a millisecond more than the last',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'the server''s clock then'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY of
-- Several are written each second.
SETTINGS old_parts_lifetime = 60
COMMENT 'the highest version that was taken: the next one is above it';

ALTER TABLE count_versions
    COMMENT COLUMN version 'taken ahead of the recount: the server''s clock in microseconds, or a little more than the last';
