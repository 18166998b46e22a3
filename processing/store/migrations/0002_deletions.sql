-- Deletions that last: what was asked to go stays gone, whatever is delivered again, and its text leaves the disk.

CREATE TABLE tombstone_versions
(
    name UInt64 COMMENT 'sipHash64 of kind, source and the name of what is gone: recognised, not read',
    kind LowCardinality(String) COMMENT 'post, author or source',
    source LowCardinality(String) COMMENT 'the network',
    holds_until DateTime64(3, 'UTC') COMMENT 'it names posts written or first seen up to then',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when banwatch was told'
)
ENGINE = ReplacingMergeTree(at)
-- By time first: a tombstone cannot name posts of a later time, so new posts are looked for among new tombstones only.
ORDER BY (toStartOfHour(holds_until), source, kind, name, holds_until)
COMMENT 'every word that a post, an author or a source''s posts are gone';

CREATE VIEW tombstones AS
SELECT name, kind, source, max(holds_until) AS holds_until, max(at) AS at
FROM tombstone_versions
GROUP BY name, kind, source
COMMENT 'posts, authors and sources that are gone: nothing brings them back';

CREATE TABLE erasures
(
    name UInt64 COMMENT 'of the tombstone',
    minute DateTime('UTC') COMMENT 'start of a minute with a post that it blanks',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when this was noted, ahead of the blanking'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (name, minute)
-- Longer than any log is kept that could deliver the deletion again.
TTL toDateTime(at) + INTERVAL 90 DAY
COMMENT 'minutes that a deletion touches: those to recount when it comes again, and to purge from disk';

CREATE TABLE purge_versions
(
    month UInt32 COMMENT 'partition of post_versions, as 202007',
    began_at DateTime64(3, 'UTC') COMMENT 'erasures noted before are off the disk',
    posts UInt64 COMMENT 'older versions of deleted posts that were removed',
    ended_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when that was done'
)
ENGINE = ReplacingMergeTree(began_at)
ORDER BY month
COMMENT 'every purge of deleted text from disk';

CREATE VIEW purges AS
SELECT * FROM purge_versions FINAL
COMMENT 'up to when deleted text has been purged from disk, month by month';

-- A part that is not used any more still holds what it held: it is unlinked within two minutes instead of thirteen.
ALTER TABLE post_versions MODIFY SETTING old_parts_lifetime = 60, max_cleanup_delay_period = 60;

ALTER TABLE post_versions
    COMMENT COLUMN version 'the highest one is the row: seen_at in milliseconds, one more where that version was blanked';
