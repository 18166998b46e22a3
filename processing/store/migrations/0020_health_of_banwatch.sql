-- What could not be read, how full the disk is, and what became of the embedded broker's memory: banwatch's own health.

-- No text of a record is kept, nor its place in its network: a deletion could not find them here.
CREATE TABLE rejected_versions
(
    stage LowCardinality(String) COMMENT 'who rejected it: collector, worker or store',
    source LowCardinality(String) COMMENT 'the network or the archive that it came from; kafka where nobody could tell; counts for a recount',
    kind LowCardinality(String) COMMENT 'why: unreadable, too_large, impossible_time, missing (posts that nobody can read any more) or refused (by the store)',
    reason String COMMENT 'the reason as a sentence, without what it quotes' CODEC(ZSTD(3)),
    id UInt64 COMMENT 'hash of the record and its place: a record that is delivered again is one row',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when its record was written into Kafka; a row is kept for 14 days'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (source, stage, kind, id)
TTL toDateTime(at) + INTERVAL 14 DAY
COMMENT 'what could not be read as a post, or not be stored, in the last 14 days';

CREATE VIEW rejected AS
SELECT * FROM rejected_versions FINAL WHERE at >= now() - INTERVAL 14 DAY
COMMENT 'what could not be read as a post, or not be stored, in the last 14 days: one row a record';

CREATE VIEW disk_space
(
    name String COMMENT 'the disk, as ClickHouse''s configuration names it',
    free_bytes UInt64 COMMENT 'bytes that are free',
    total_bytes UInt64 COMMENT 'bytes of the whole disk'
) AS
SELECT name, free_space AS free_bytes, total_space AS total_bytes FROM system.disks WHERE total_space > 0 AND NOT is_remote
COMMENT 'the local disks of the server that answers';

CREATE TABLE broker_memory_versions
(
    name LowCardinality(String) COMMENT 'which broker: embedded',
    state LowCardinality(String)
        COMMENT 'started; recycled: emptied and begun anew; uncounted: what it held was not counted in time; streamed: standard input, which cannot be read twice, keeps it from beginning anew',
    held_bytes UInt64 COMMENT 'bytes of memory that it held then; 0 at its start',
    limit_bytes UInt64 COMMENT 'bytes above which it begins anew',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY name
COMMENT 'what last became of the memory of the embedded broker';

CREATE VIEW broker_memory AS
SELECT * FROM broker_memory_versions FINAL
COMMENT 'what last became of the memory of the embedded broker: one row';
