-- How a collector is, beside what it has covered.

ALTER TABLE source_health_versions
    ADD COLUMN state LowCardinality(String) DEFAULT 'listening' COMMENT 'listening, silent, reconnecting, failed or ended',
    ADD COLUMN detail String COMMENT 'one sentence where it is not listening',
    ADD COLUMN events UInt64 COMMENT 'signs of life of its network since the collector was started',
    ADD COLUMN posts UInt64 COMMENT 'posts and deletions it has delivered since then',
    ADD COLUMN rejected UInt64 COMMENT 'what it could not read since then',
    ADD COLUMN reconnects UInt64 COMMENT 'how often its network failed since then',
    ADD COLUMN last_event Nullable(DateTime64(3, 'UTC')) COMMENT 'the collector''s clock at the last sign of life',
    ADD COLUMN last_post Nullable(DateTime64(3, 'UTC')) COMMENT 'the collector''s clock at its last post';

DROP VIEW source_health;

CREATE VIEW source_health AS
SELECT *, greatest(0, dateDiff('millisecond', `until`, at)) / 1000 AS lag
FROM source_health_versions FINAL
COMMENT 'what each collector has covered and how it is, partition by partition; lag is seconds from until to at';
