-- What the watch remembers of each series, so that a restart goes on where it stopped, on any machine.

CREATE TABLE watch_state_versions
(
    name LowCardinality(String) COMMENT 'which watch',
    topic LowCardinality(String) COMMENT 'id of the taxonomy; empty for the row that says how many series there are',
    language LowCardinality(String) COMMENT 'BCP 47; * is all languages together',
    scored_until DateTime('UTC') COMMENT 'event time up to which its bins are in the state; the same in every row of one save',
    state String COMMENT 'JSON of the detector and the spike; see processing/spikes/book_state.py' CODEC(ZSTD(3)),
    version UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)) COMMENT 'server clock in microseconds'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (name, topic, language)
COMMENT 'the newest state of every series under watch';

CREATE VIEW watch_state AS
SELECT * EXCEPT (version) FROM watch_state_versions FINAL
COMMENT 'what the watch remembers of each series';
