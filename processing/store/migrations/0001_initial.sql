-- The first schema. A shipped migration never changes; a change is a new numbered file.
--
-- Each table keeps every version of its rows and is named so; the view over it shows the newest version and
-- carries the plain name. People, the dashboard and `banwatch sql` read the views.

CREATE TABLE post_versions
(
    source LowCardinality(String) COMMENT 'the network the post came from',
    id String COMMENT 'the post''s name in that network',
    created_at DateTime64(3, 'UTC') COMMENT 'event time; the author''s clock unless clock_replaced',
    clock_replaced Bool COMMENT 'the author''s clock could not be right, so created_at is seen_at',
    seen_at DateTime64(3, 'UTC') COMMENT 'when the network, or banwatch, saw the post; created_at where nobody said',
    language LowCardinality(String) COMMENT 'detected language, BCP 47; und when unknown',
    confidence Float32 COMMENT 'of the detected language, 0..1',
    topics Array(LowCardinality(String)) COMMENT 'ids of the taxonomy; empty for a post off the subject',
    rules LowCardinality(String) COMMENT 'version of the taxonomy that gave the topics',
    text String COMMENT 'empty for posts off the subject and for deleted ones',
    url String COMMENT 'where the post can be read',
    author String COMMENT 'empty where the source names none',
    langs Array(LowCardinality(String)) COMMENT 'languages that the author declared',
    links Array(String) COMMENT 'addresses the post points to',
    hashtags Array(String) COMMENT 'as the source lists them, without the hash sign',
    reply_to String COMMENT 'id of the post it answers',
    repost_of String COMMENT 'id of the post it repeats',
    likes Nullable(UInt64) COMMENT 'when last seen; NULL where the source does not say',
    replies Nullable(UInt64) COMMENT 'when last seen; NULL where the source does not say',
    reposts Nullable(UInt64) COMMENT 'when last seen; NULL where the source does not say',
    backfill Bool COMMENT 'history fetched after the fact: counted, never alerted on',
    deleted Bool COMMENT 'the post is gone; its text, author and links are too',
    version UInt64 COMMENT 'the highest one is the row: seen_at in milliseconds, a deletion above all of them',
    INDEX by_id id TYPE bloom_filter(0.01) GRANULARITY 4,
    INDEX by_author author TYPE bloom_filter(0.01) GRANULARITY 4
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(created_at)
ORDER BY (toStartOfMinute(created_at), source, id)
COMMENT 'every version of every post';

CREATE VIEW posts AS
SELECT * EXCEPT (version) FROM post_versions FINAL
COMMENT 'one row a post, its newest version';

CREATE TABLE count_versions
(
    minute DateTime('UTC') COMMENT 'start of the minute of created_at',
    topic LowCardinality(String) COMMENT 'id of the taxonomy; * is every post that the source delivered',
    language LowCardinality(String) COMMENT 'detected language',
    source LowCardinality(String) COMMENT 'the network',
    posts UInt32 COMMENT 'distinct posts, deleted ones included',
    authors UInt32 COMMENT 'distinct authors; a post without one counts as an author of its own',
    backfilled UInt32 COMMENT 'of posts, those that were backfill',
    deleted UInt32 COMMENT 'of posts, those that are deleted by now',
    version UInt64 COMMENT 'server clock in microseconds at the start of the recount'
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(minute)
ORDER BY (topic, minute, language, source)
COMMENT 'every recount of every bucket';

CREATE VIEW counts AS
SELECT * EXCEPT (version) FROM count_versions FINAL WHERE posts > 0
COMMENT 'posts and authors per minute, topic, language and source';

CREATE TABLE spike_versions
(
    topic LowCardinality(String) COMMENT 'id of the taxonomy',
    language LowCardinality(String) COMMENT 'BCP 47; * is all languages together',
    start DateTime('UTC') COMMENT 'first bin of the rise',
    detected_at DateTime('UTC') COMMENT 'end of the bin that crossed the threshold',
    peak DateTime('UTC') COMMENT 'bin furthest above its expectation',
    `end` Nullable(DateTime('UTC')) COMMENT 'NULL while it lasts',
    observed UInt64 COMMENT 'posts over the whole spike',
    expected Float64 COMMENT 'posts that the series'' own past made likely over the same time',
    ratio Float64 COMMENT '(observed + 1) / (expected + 1) of the highest bin',
    score Float64 COMMENT 'highest return level: log10 of quarter days between such events',
    severity LowCardinality(String) COMMENT 'notable, major or extreme',
    provisional Bool COMMENT 'judged with less than two days of history',
    pulses Array(Tuple(start DateTime('UTC'), peak DateTime('UTC'), observed UInt64, expected Float64))
        COMMENT 'the rises inside the spike',
    version UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)) COMMENT 'server clock in microseconds'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (topic, language, start)
COMMENT 'every version of every spike';

CREATE VIEW spikes AS
SELECT * EXCEPT (version) FROM spike_versions FINAL
COMMENT 'one row an episode of one series';

CREATE TABLE incident_versions
(
    id String COMMENT 'stable name, and the alerts'' dedup_key',
    topic LowCardinality(String) COMMENT 'root topic',
    state LowCardinality(String) COMMENT 'open or closed',
    start DateTime('UTC') COMMENT 'start of the earliest spike',
    detected_at DateTime('UTC') COMMENT 'when the first spike was found',
    peak DateTime('UTC') COMMENT 'peak of the leading spike',
    `end` Nullable(DateTime('UTC')) COMMENT 'end of the last spike; NULL while one lasts',
    observed UInt64 COMMENT 'posts of the leading spike',
    expected Float64 COMMENT 'posts expected over the same time',
    ratio Float64 COMMENT 'of the leading spike''s highest bin',
    score Float64 COMMENT 'highest score of its spikes',
    severity LowCardinality(String) COMMENT 'highest severity of its spikes',
    languages Array(LowCardinality(String)) COMMENT 'languages with a spike of their own, the largest first',
    subtopics Array(LowCardinality(String)) COMMENT 'sub-topics with a spike of their own, the largest first',
    pulses Array(Tuple(start DateTime('UTC'), peak DateTime('UTC'), observed UInt64, expected Float64))
        COMMENT 'of the leading spike',
    synthetic Bool COMMENT 'every post behind it was generated',
    version UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)) COMMENT 'server clock in microseconds'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY id
COMMENT 'every version of every incident';

CREATE VIEW incidents AS
SELECT * EXCEPT (version) FROM incident_versions FINAL
COMMENT 'spikes that belong together: what people are told about, once';

CREATE TABLE acknowledgement_versions
(
    incident String COMMENT 'id of the incident',
    by String COMMENT 'who took it on',
    note String COMMENT 'free text',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY incident
COMMENT 'incidents somebody has taken on: not told again until they close';

CREATE VIEW acknowledgements AS
SELECT * FROM acknowledgement_versions FINAL
COMMENT 'incidents somebody has taken on';

CREATE TABLE silence_versions
(
    id String COMMENT 'stable name',
    topic LowCardinality(String) COMMENT 'root topic it silences; * is every one',
    starts_at DateTime('UTC') COMMENT 'event time',
    ends_at DateTime('UTC') COMMENT 'event time; a silence always ends',
    by String COMMENT 'who asked for it',
    note String COMMENT 'why',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when it was last changed'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY id
COMMENT 'times during which incidents of a topic are recorded and not told';

CREATE VIEW silences AS
SELECT * FROM silence_versions FINAL
COMMENT 'times during which incidents of a topic are not told';

CREATE TABLE deliveries
(
    dedup_key String COMMENT 'id of the incident',
    notifier LowCardinality(String) COMMENT 'channel',
    decision LowCardinality(String) COMMENT 'why it was told or not: first, escalated, silenced, acknowledged',
    outcome LowCardinality(String) COMMENT 'sent, retry or failed',
    detail String COMMENT 'what the channel answered, without secrets',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when it was tried'
)
ENGINE = MergeTree
ORDER BY (dedup_key, notifier, at)
COMMENT 'what was told, so that a restart repeats nothing';

CREATE TABLE source_health_versions
(
    source LowCardinality(String) COMMENT 'name of the collector',
    since DateTime64(3, 'UTC') COMMENT 'event time from which it has listened without a gap',
    partition UInt16 COMMENT 'partition of the Kafka topic',
    partitions UInt16 COMMENT 'how many there are: what not all of them have reported is not covered yet',
    `until` DateTime64(3, 'UTC') COMMENT 'event time up to which all its posts of this partition are counted',
    complete Bool COMMENT 'nothing more will come',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when this was last reported'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (source, since, partition)
COMMENT 'what each collector has covered: a minute outside is unknown, not zero';

CREATE VIEW source_health AS
SELECT * FROM source_health_versions FINAL
COMMENT 'what each collector has covered, partition by partition';

CREATE TABLE watch_progress_versions
(
    name LowCardinality(String) COMMENT 'which watch',
    scored_until DateTime('UTC') COMMENT 'event time up to which every bin was scored',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when this was last reported'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY name
COMMENT 'how far the detector has come';

CREATE VIEW watch_progress AS
SELECT * FROM watch_progress_versions FINAL
COMMENT 'how far the detector has come';
