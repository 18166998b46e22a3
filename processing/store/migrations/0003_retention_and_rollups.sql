-- How long a text is kept counts from when it was stored: an archive of 2020 can be played today.
-- Rows of before this column say when they were seen. They are rewritten, so that a later default is not theirs.
ALTER TABLE post_versions
    ADD COLUMN stored_at DateTime('UTC') DEFAULT toDateTime(seen_at) COMMENT 'when banwatch stored it; retention counts from then';
ALTER TABLE post_versions MATERIALIZE COLUMN stored_at SETTINGS mutations_sync = 2;
ALTER TABLE post_versions MODIFY COLUMN stored_at DEFAULT now();

DROP VIEW posts;
CREATE VIEW posts AS
SELECT * EXCEPT (version) FROM post_versions FINAL
COMMENT 'one row a post, its newest version';

CREATE TABLE retention_versions
(
    of LowCardinality(String) COMMENT 'what is kept: text',
    policy String COMMENT 'days for every source and for single ones, as JSON; null is for good',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when this was applied'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY of
COMMENT 'every retention that was applied';

CREATE VIEW retention AS
SELECT * FROM retention_versions FINAL
COMMENT 'how long what is kept';

-- Finds the buckets that were recounted of late without reading the others.
ALTER TABLE count_versions ADD INDEX by_version version TYPE minmax GRANULARITY 1;
ALTER TABLE count_versions MATERIALIZE INDEX by_version SETTINGS mutations_sync = 2;

CREATE TABLE count_hour_versions
(
    hour DateTime('UTC') COMMENT 'start of the hour of created_at',
    topic LowCardinality(String) COMMENT 'id of the taxonomy; * is every post that the source delivered',
    language LowCardinality(String) COMMENT 'detected language',
    source LowCardinality(String) COMMENT 'the network',
    posts UInt64 COMMENT 'distinct posts, deleted ones included',
    author_minutes UInt64 COMMENT 'sum of the minutes'' distinct authors: who speaks in two minutes counts twice',
    backfilled UInt64 COMMENT 'of posts, those that were backfill',
    deleted UInt64 COMMENT 'of posts, those that are deleted by now',
    version UInt64 COMMENT 'server clock in microseconds ahead of the summing up'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYear(hour)
ORDER BY (topic, hour, language, source)
COMMENT 'every summing up of every hour';

CREATE TABLE count_day_versions
(
    day DateTime('UTC') COMMENT 'start of the day of created_at, UTC',
    topic LowCardinality(String) COMMENT 'id of the taxonomy; * is every post that the source delivered',
    language LowCardinality(String) COMMENT 'detected language',
    source LowCardinality(String) COMMENT 'the network',
    posts UInt64 COMMENT 'distinct posts, deleted ones included',
    author_minutes UInt64 COMMENT 'sum of the minutes'' distinct authors: who speaks in two minutes counts twice',
    backfilled UInt64 COMMENT 'of posts, those that were backfill',
    deleted UInt64 COMMENT 'of posts, those that are deleted by now',
    version UInt64 COMMENT 'server clock in microseconds ahead of the summing up'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYear(day)
ORDER BY (topic, day, language, source)
COMMENT 'every summing up of every day';

CREATE TABLE roll_up_versions
(
    of LowCardinality(String) COMMENT 'which counts: all',
    mark UInt64 COMMENT 'server clock in microseconds: what was recounted before is in the hours and days',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when that was done'
)
ENGINE = ReplacingMergeTree(mark)
ORDER BY of
COMMENT 'how far minutes are summed up';

-- A recount is seen at most five minutes after its version was taken (`processing/store/rollup.py` says why). Minutes
-- recounted within five minutes before the mark, or since, make their hour and day stale.
CREATE VIEW count_minutes_unsummed AS
SELECT DISTINCT toStartOfHour(minute) AS hour
FROM count_versions
WHERE version > (SELECT if(max(mark) > 300000000, max(mark) - 300000000, 0) FROM roll_up_versions)
COMMENT 'hours whose minutes were recounted since they were last summed up';

CREATE VIEW count_hours AS
SELECT hour, topic, language, source, posts, author_minutes, backfilled, deleted
FROM count_hour_versions FINAL
WHERE posts > 0 AND hour NOT IN (SELECT hour FROM count_minutes_unsummed)
UNION ALL
SELECT
    toStartOfHour(minute) AS hour,
    topic,
    language,
    source,
    sum(count_versions.posts) AS posts,
    sum(count_versions.authors) AS author_minutes,
    sum(count_versions.backfilled) AS backfilled,
    sum(count_versions.deleted) AS deleted
FROM count_versions FINAL
WHERE count_versions.posts > 0 AND toStartOfHour(minute) IN (SELECT hour FROM count_minutes_unsummed)
GROUP BY hour, topic, language, source
COMMENT 'posts per hour, topic, language and source: summed up before, or now where a minute has changed since';

CREATE VIEW count_days AS
SELECT day, topic, language, source, posts, author_minutes, backfilled, deleted
FROM count_day_versions FINAL
WHERE posts > 0 AND day NOT IN (SELECT toStartOfDay(hour) FROM count_minutes_unsummed)
UNION ALL
SELECT
    toStartOfDay(hour) AS day,
    topic,
    language,
    source,
    sum(count_hours.posts) AS posts,
    sum(count_hours.author_minutes) AS author_minutes,
    sum(count_hours.backfilled) AS backfilled,
    sum(count_hours.deleted) AS deleted
FROM count_hours
WHERE toStartOfDay(hour) IN (SELECT toStartOfDay(hour) FROM count_minutes_unsummed)
GROUP BY day, topic, language, source
COMMENT 'posts per day, topic, language and source: summed up before, or now where a minute has changed since';

-- Chosen by `make bench-store` over demo-like posts: times grow along the sorting key, texts compress twice as well as
-- by the default. Parts written before keep their codec until they are merged.
ALTER TABLE post_versions
    MODIFY COLUMN id CODEC(ZSTD(1)),
    MODIFY COLUMN created_at CODEC(Delta, ZSTD(1)),
    MODIFY COLUMN seen_at CODEC(Delta, ZSTD(1)),
    MODIFY COLUMN stored_at CODEC(Delta, ZSTD(1)),
    MODIFY COLUMN version CODEC(Delta, ZSTD(1)),
    MODIFY COLUMN confidence CODEC(ZSTD(1)),
    MODIFY COLUMN language CODEC(ZSTD(1)),
    MODIFY COLUMN topics CODEC(ZSTD(1)),
    MODIFY COLUMN text CODEC(ZSTD(1)),
    MODIFY COLUMN url CODEC(ZSTD(1)),
    MODIFY COLUMN author CODEC(ZSTD(1)),
    MODIFY COLUMN langs CODEC(ZSTD(1)),
    MODIFY COLUMN links CODEC(ZSTD(1)),
    MODIFY COLUMN hashtags CODEC(ZSTD(1)),
    MODIFY COLUMN reply_to CODEC(ZSTD(1)),
    MODIFY COLUMN repost_of CODEC(ZSTD(1)),
    MODIFY COLUMN likes CODEC(ZSTD(1)),
    MODIFY COLUMN replies CODEC(ZSTD(1)),
    MODIFY COLUMN reposts CODEC(ZSTD(1));

ALTER TABLE count_versions
    MODIFY COLUMN minute CODEC(Delta, ZSTD(1)),
    MODIFY COLUMN language CODEC(ZSTD(1)),
    MODIFY COLUMN posts CODEC(ZSTD(1)),
    MODIFY COLUMN authors CODEC(ZSTD(1)),
    MODIFY COLUMN version CODEC(ZSTD(1));

-- A delete names a post and no time. The old index let one id of a hundred pass for every 32,768 rows, so twenty deletes
-- read a third of the table; this one lets one of a thousand pass for every 8,192, for 0.6 bytes a post more.
ALTER TABLE post_versions DROP INDEX IF EXISTS by_id;
ALTER TABLE post_versions ADD INDEX by_id id TYPE bloom_filter(0.001) GRANULARITY 1;
ALTER TABLE post_versions MATERIALIZE INDEX by_id SETTINGS mutations_sync = 2;
