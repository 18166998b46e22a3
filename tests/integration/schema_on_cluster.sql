CREATE TABLE IF NOT EXISTS schema_migrations_local ON CLUSTER 'main'
(
    number UInt32 COMMENT 'of the migration',
    name String COMMENT 'of its file',
    checksum String COMMENT 'SHA-256 of its text when it was applied',
    applied_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when'
)
ENGINE = ReplicatedReplacingMergeTree(applied_at)
ORDER BY number
COMMENT 'which migrations this database has seen'
;

CREATE TABLE IF NOT EXISTS schema_migrations ON CLUSTER 'main' AS schema_migrations_local
ENGINE = Distributed('main', currentDatabase(), schema_migrations_local, cityHash64(number))
COMMENT 'which migrations this database has seen';

CREATE TABLE IF NOT EXISTS post_versions_local ON CLUSTER 'main'
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
ENGINE = ReplicatedReplacingMergeTree(version)
PARTITION BY toYYYYMM(created_at)
ORDER BY (toStartOfMinute(created_at), source, id)
COMMENT 'every version of every post';

CREATE TABLE IF NOT EXISTS post_versions ON CLUSTER 'main' AS post_versions_local
ENGINE = Distributed('main', currentDatabase(), post_versions_local, cityHash64(source, id))
COMMENT 'every version of every post';

CREATE OR REPLACE VIEW posts ON CLUSTER 'main' AS
SELECT * EXCEPT (version) FROM post_versions FINAL
COMMENT 'one row a post, its newest version';

CREATE TABLE IF NOT EXISTS count_versions_local ON CLUSTER 'main'
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
ENGINE = ReplicatedReplacingMergeTree(version)
PARTITION BY toYYYYMM(minute)
ORDER BY (topic, minute, language, source)
COMMENT 'every recount of every bucket';

CREATE TABLE IF NOT EXISTS count_versions ON CLUSTER 'main' AS count_versions_local
ENGINE = Distributed('main', currentDatabase(), count_versions_local, cityHash64(topic, minute, language, source))
COMMENT 'every recount of every bucket';

CREATE OR REPLACE VIEW counts ON CLUSTER 'main' AS
SELECT * EXCEPT (version) FROM count_versions FINAL WHERE posts > 0
COMMENT 'posts and authors per minute, topic, language and source';

CREATE TABLE IF NOT EXISTS spike_versions_local ON CLUSTER 'main'
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
ENGINE = ReplicatedReplacingMergeTree(version)
ORDER BY (topic, language, start)
COMMENT 'every version of every spike';

CREATE TABLE IF NOT EXISTS spike_versions ON CLUSTER 'main' AS spike_versions_local
ENGINE = Distributed('main', currentDatabase(), spike_versions_local, cityHash64(topic, language, start))
COMMENT 'every version of every spike';

CREATE OR REPLACE VIEW spikes ON CLUSTER 'main' AS
SELECT * EXCEPT (version) FROM spike_versions FINAL
COMMENT 'one row an episode of one series';

CREATE TABLE IF NOT EXISTS incident_versions_local ON CLUSTER 'main'
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
ENGINE = ReplicatedReplacingMergeTree(version)
ORDER BY id
COMMENT 'every version of every incident';

CREATE TABLE IF NOT EXISTS incident_versions ON CLUSTER 'main' AS incident_versions_local
ENGINE = Distributed('main', currentDatabase(), incident_versions_local, cityHash64(id))
COMMENT 'every version of every incident';

CREATE OR REPLACE VIEW incidents ON CLUSTER 'main' AS
SELECT * EXCEPT (version) FROM incident_versions FINAL
COMMENT 'spikes that belong together: what people are told about, once';

CREATE TABLE IF NOT EXISTS acknowledgement_versions_local ON CLUSTER 'main'
(
    incident String COMMENT 'id of the incident',
    by String COMMENT 'who took it on',
    note String COMMENT 'free text',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when'
)
ENGINE = ReplicatedReplacingMergeTree(at)
ORDER BY incident
COMMENT 'incidents somebody has taken on: not told again until they close';

CREATE TABLE IF NOT EXISTS acknowledgement_versions ON CLUSTER 'main' AS acknowledgement_versions_local
ENGINE = Distributed('main', currentDatabase(), acknowledgement_versions_local, cityHash64(incident))
COMMENT 'incidents somebody has taken on: not told again until they close';

CREATE OR REPLACE VIEW acknowledgements ON CLUSTER 'main' AS
SELECT * FROM acknowledgement_versions FINAL
COMMENT 'incidents somebody has taken on';

CREATE TABLE IF NOT EXISTS silence_versions_local ON CLUSTER 'main'
(
    id String COMMENT 'stable name',
    topic LowCardinality(String) COMMENT 'root topic it silences; * is every one',
    starts_at DateTime('UTC') COMMENT 'event time',
    ends_at DateTime('UTC') COMMENT 'event time; a silence always ends',
    by String COMMENT 'who asked for it',
    note String COMMENT 'why',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when it was last changed'
)
ENGINE = ReplicatedReplacingMergeTree(at)
ORDER BY id
COMMENT 'times during which incidents of a topic are recorded and not told';

CREATE TABLE IF NOT EXISTS silence_versions ON CLUSTER 'main' AS silence_versions_local
ENGINE = Distributed('main', currentDatabase(), silence_versions_local, cityHash64(id))
COMMENT 'times during which incidents of a topic are recorded and not told';

CREATE OR REPLACE VIEW silences ON CLUSTER 'main' AS
SELECT * FROM silence_versions FINAL
COMMENT 'times during which incidents of a topic are not told';

CREATE TABLE IF NOT EXISTS deliveries_local ON CLUSTER 'main'
(
    dedup_key String COMMENT 'id of the incident',
    notifier LowCardinality(String) COMMENT 'channel',
    decision LowCardinality(String) COMMENT 'why it was told or not: first, escalated, silenced, acknowledged',
    outcome LowCardinality(String) COMMENT 'sent, retry or failed',
    detail String COMMENT 'what the channel answered, without secrets',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when it was tried'
)
ENGINE = ReplicatedMergeTree
ORDER BY (dedup_key, notifier, at)
COMMENT 'what was told, so that a restart repeats nothing';

CREATE TABLE IF NOT EXISTS deliveries ON CLUSTER 'main' AS deliveries_local
ENGINE = Distributed('main', currentDatabase(), deliveries_local, cityHash64(dedup_key, notifier, at))
COMMENT 'what was told, so that a restart repeats nothing';

CREATE TABLE IF NOT EXISTS source_health_versions_local ON CLUSTER 'main'
(
    source LowCardinality(String) COMMENT 'name of the collector',
    since DateTime64(3, 'UTC') COMMENT 'event time from which it has listened without a gap',
    partition UInt16 COMMENT 'partition of the Kafka topic',
    partitions UInt16 COMMENT 'how many there are: what not all of them have reported is not covered yet',
    `until` DateTime64(3, 'UTC') COMMENT 'event time up to which all its posts of this partition are counted',
    complete Bool COMMENT 'nothing more will come',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when this was last reported'
)
ENGINE = ReplicatedReplacingMergeTree(at)
ORDER BY (source, since, partition)
COMMENT 'what each collector has covered: a minute outside is unknown, not zero';

CREATE TABLE IF NOT EXISTS source_health_versions ON CLUSTER 'main' AS source_health_versions_local
ENGINE = Distributed('main', currentDatabase(), source_health_versions_local, cityHash64(source, since, partition))
COMMENT 'what each collector has covered: a minute outside is unknown, not zero';

CREATE OR REPLACE VIEW source_health ON CLUSTER 'main' AS
SELECT * FROM source_health_versions FINAL
COMMENT 'what each collector has covered, partition by partition';

CREATE TABLE IF NOT EXISTS watch_progress_versions_local ON CLUSTER 'main'
(
    name LowCardinality(String) COMMENT 'which watch',
    scored_until DateTime('UTC') COMMENT 'event time up to which every bin was scored',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when this was last reported'
)
ENGINE = ReplicatedReplacingMergeTree(at)
ORDER BY name
COMMENT 'how far the detector has come';

CREATE TABLE IF NOT EXISTS watch_progress_versions ON CLUSTER 'main' AS watch_progress_versions_local
ENGINE = Distributed('main', currentDatabase(), watch_progress_versions_local, cityHash64(name))
COMMENT 'how far the detector has come';

CREATE OR REPLACE VIEW watch_progress ON CLUSTER 'main' AS
SELECT * FROM watch_progress_versions FINAL
COMMENT 'how far the detector has come';

CREATE TABLE IF NOT EXISTS tombstone_versions_local ON CLUSTER 'main'
(
    name UInt64 COMMENT 'sipHash64 of kind, source and the name of what is gone: recognised, not read',
    kind LowCardinality(String) COMMENT 'post, author or source',
    source LowCardinality(String) COMMENT 'the network',
    holds_until DateTime64(3, 'UTC') COMMENT 'it names posts written or first seen up to then',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when banwatch was told'
)
ENGINE = ReplicatedReplacingMergeTree(at)
ORDER BY (toStartOfHour(holds_until), source, kind, name, holds_until)
COMMENT 'every word that a post, an author or a source''s posts are gone';

CREATE TABLE IF NOT EXISTS tombstone_versions ON CLUSTER 'main' AS tombstone_versions_local
ENGINE = Distributed('main', currentDatabase(), tombstone_versions_local, cityHash64(toStartOfHour(holds_until), source, kind, name, holds_until))
COMMENT 'every word that a post, an author or a source''s posts are gone';

CREATE OR REPLACE VIEW tombstones ON CLUSTER 'main' AS
SELECT name, kind, source, max(holds_until) AS holds_until, max(at) AS at
FROM tombstone_versions
GROUP BY name, kind, source
COMMENT 'posts, authors and sources that are gone: nothing brings them back';

CREATE TABLE IF NOT EXISTS erasures_local ON CLUSTER 'main'
(
    name UInt64 COMMENT 'of the tombstone',
    minute DateTime('UTC') COMMENT 'start of a minute with a post that it blanks',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when this was noted, ahead of the blanking'
)
ENGINE = ReplicatedReplacingMergeTree(at)
ORDER BY (name, minute)
TTL toDateTime(at) + INTERVAL 90 DAY
COMMENT 'minutes that a deletion touches: those to recount when it comes again, and to purge from disk';

CREATE TABLE IF NOT EXISTS erasures ON CLUSTER 'main' AS erasures_local
ENGINE = Distributed('main', currentDatabase(), erasures_local, cityHash64(name, minute))
COMMENT 'minutes that a deletion touches: those to recount when it comes again, and to purge from disk';

CREATE TABLE IF NOT EXISTS purge_versions_local ON CLUSTER 'main'
(
    month UInt32 COMMENT 'partition of post_versions, as 202007',
    began_at DateTime64(3, 'UTC') COMMENT 'erasures noted before are off the disk',
    posts UInt64 COMMENT 'older versions of deleted posts that were removed',
    ended_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when that was done'
)
ENGINE = ReplicatedReplacingMergeTree(began_at)
ORDER BY month
COMMENT 'every purge of deleted text from disk';

CREATE TABLE IF NOT EXISTS purge_versions ON CLUSTER 'main' AS purge_versions_local
ENGINE = Distributed('main', currentDatabase(), purge_versions_local, cityHash64(month))
COMMENT 'every purge of deleted text from disk';

CREATE OR REPLACE VIEW purges ON CLUSTER 'main' AS
SELECT * FROM purge_versions FINAL
COMMENT 'up to when deleted text has been purged from disk, month by month';

ALTER TABLE post_versions_local ON CLUSTER 'main' MODIFY SETTING old_parts_lifetime = 60, max_cleanup_delay_period = 60;

ALTER TABLE post_versions_local ON CLUSTER 'main'
    COMMENT COLUMN version 'the highest one is the row: seen_at in milliseconds, one more where that version was blanked';

ALTER TABLE post_versions ON CLUSTER 'main'
    COMMENT COLUMN version 'the highest one is the row: seen_at in milliseconds, one more where that version was blanked';

ALTER TABLE post_versions_local ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS stored_at DateTime('UTC') DEFAULT toDateTime(seen_at) COMMENT 'when banwatch stored it; retention counts from then';

ALTER TABLE post_versions ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS stored_at DateTime('UTC') DEFAULT toDateTime(seen_at) COMMENT 'when banwatch stored it; retention counts from then';

ALTER TABLE post_versions_local ON CLUSTER 'main' MATERIALIZE COLUMN stored_at SETTINGS mutations_sync = 2;

ALTER TABLE post_versions_local ON CLUSTER 'main' MODIFY COLUMN stored_at DEFAULT now();

ALTER TABLE post_versions ON CLUSTER 'main' MODIFY COLUMN stored_at DEFAULT now();

DROP VIEW IF EXISTS posts ON CLUSTER 'main';

CREATE OR REPLACE VIEW posts ON CLUSTER 'main' AS
SELECT * EXCEPT (version) FROM post_versions FINAL
COMMENT 'one row a post, its newest version';

CREATE TABLE IF NOT EXISTS retention_versions_local ON CLUSTER 'main'
(
    of LowCardinality(String) COMMENT 'what is kept: text',
    policy String COMMENT 'days for every source and for single ones, as JSON; null is for good',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when this was applied'
)
ENGINE = ReplicatedReplacingMergeTree(at)
ORDER BY of
COMMENT 'every retention that was applied';

CREATE TABLE IF NOT EXISTS retention_versions ON CLUSTER 'main' AS retention_versions_local
ENGINE = Distributed('main', currentDatabase(), retention_versions_local, cityHash64(of))
COMMENT 'every retention that was applied';

CREATE OR REPLACE VIEW retention ON CLUSTER 'main' AS
SELECT * FROM retention_versions FINAL
COMMENT 'how long what is kept';

ALTER TABLE count_versions_local ON CLUSTER 'main' ADD INDEX IF NOT EXISTS by_version version TYPE minmax GRANULARITY 1;

ALTER TABLE count_versions_local ON CLUSTER 'main' MATERIALIZE INDEX by_version SETTINGS mutations_sync = 2;

CREATE TABLE IF NOT EXISTS count_hour_versions_local ON CLUSTER 'main'
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
ENGINE = ReplicatedReplacingMergeTree(version)
PARTITION BY toYear(hour)
ORDER BY (topic, hour, language, source)
COMMENT 'every summing up of every hour';

CREATE TABLE IF NOT EXISTS count_hour_versions ON CLUSTER 'main' AS count_hour_versions_local
ENGINE = Distributed('main', currentDatabase(), count_hour_versions_local, cityHash64(topic, hour, language, source))
COMMENT 'every summing up of every hour';

CREATE TABLE IF NOT EXISTS count_day_versions_local ON CLUSTER 'main'
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
ENGINE = ReplicatedReplacingMergeTree(version)
PARTITION BY toYear(day)
ORDER BY (topic, day, language, source)
COMMENT 'every summing up of every day';

CREATE TABLE IF NOT EXISTS count_day_versions ON CLUSTER 'main' AS count_day_versions_local
ENGINE = Distributed('main', currentDatabase(), count_day_versions_local, cityHash64(topic, day, language, source))
COMMENT 'every summing up of every day';

CREATE TABLE IF NOT EXISTS roll_up_versions_local ON CLUSTER 'main'
(
    of LowCardinality(String) COMMENT 'which counts: all',
    mark UInt64 COMMENT 'server clock in microseconds: what was recounted before is in the hours and days',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when that was done'
)
ENGINE = ReplicatedReplacingMergeTree(mark)
ORDER BY of
COMMENT 'how far minutes are summed up';

CREATE TABLE IF NOT EXISTS roll_up_versions ON CLUSTER 'main' AS roll_up_versions_local
ENGINE = Distributed('main', currentDatabase(), roll_up_versions_local, cityHash64(of))
COMMENT 'how far minutes are summed up';

CREATE OR REPLACE VIEW count_minutes_unsummed ON CLUSTER 'main' AS
SELECT DISTINCT toStartOfHour(minute) AS hour
FROM count_versions
WHERE version > (SELECT if(max(mark) > 300000000, max(mark) - 300000000, 0) FROM roll_up_versions)
COMMENT 'hours whose minutes were recounted since they were last summed up';

CREATE OR REPLACE VIEW count_hours ON CLUSTER 'main' AS
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

CREATE OR REPLACE VIEW count_days ON CLUSTER 'main' AS
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

ALTER TABLE post_versions_local ON CLUSTER 'main'
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

ALTER TABLE count_versions_local ON CLUSTER 'main'
    MODIFY COLUMN minute CODEC(Delta, ZSTD(1)),
    MODIFY COLUMN language CODEC(ZSTD(1)),
    MODIFY COLUMN posts CODEC(ZSTD(1)),
    MODIFY COLUMN authors CODEC(ZSTD(1)),
    MODIFY COLUMN version CODEC(ZSTD(1));

ALTER TABLE post_versions_local ON CLUSTER 'main' DROP INDEX IF EXISTS by_id;

ALTER TABLE post_versions_local ON CLUSTER 'main' ADD INDEX IF NOT EXISTS by_id id TYPE bloom_filter(0.001) GRANULARITY 1;

ALTER TABLE post_versions_local ON CLUSTER 'main' MATERIALIZE INDEX by_id SETTINGS mutations_sync = 2;

CREATE TABLE IF NOT EXISTS watch_state_versions_local ON CLUSTER 'main'
(
    name LowCardinality(String) COMMENT 'which watch',
    topic LowCardinality(String) COMMENT 'id of the taxonomy; empty for the row that says how many series there are',
    language LowCardinality(String) COMMENT 'BCP 47; * is all languages together',
    scored_until DateTime('UTC') COMMENT 'event time up to which its bins are in the state; the same in every row of one save',
    state String COMMENT 'JSON of the detector and the spike; see processing/spikes/book_state.py' CODEC(ZSTD(3)),
    version UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)) COMMENT 'server clock in microseconds'
)
ENGINE = ReplicatedReplacingMergeTree(version)
ORDER BY (name, topic, language)
COMMENT 'the newest state of every series under watch';

CREATE TABLE IF NOT EXISTS watch_state_versions ON CLUSTER 'main' AS watch_state_versions_local
ENGINE = Distributed('main', currentDatabase(), watch_state_versions_local, cityHash64(name, topic, language))
COMMENT 'the newest state of every series under watch';

CREATE OR REPLACE VIEW watch_state ON CLUSTER 'main' AS
SELECT * EXCEPT (version) FROM watch_state_versions FINAL
COMMENT 'what the watch remembers of each series';

ALTER TABLE incident_versions_local ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS lead_topic LowCardinality(String) DEFAULT topic
        COMMENT 'topic of the leading spike, whose figures these are' AFTER synthetic,
    ADD COLUMN IF NOT EXISTS lead_language LowCardinality(String) DEFAULT '*'
        COMMENT 'language of the leading spike; * is all together' AFTER lead_topic,
    ADD COLUMN IF NOT EXISTS verdict LowCardinality(String) DEFAULT 'organic'
        COMMENT 'organic, concentrated, collector or backfill; only organic ones are told' AFTER lead_language,
    ADD COLUMN IF NOT EXISTS evidence Array(Tuple(name String, value Float64, threshold Nullable(Float64), decisive Bool))
        COMMENT 'the figures that the verdict rests on; from its threshold on a figure alone decides' AFTER verdict,
    ADD COLUMN IF NOT EXISTS terms Array(Tuple(language String, term String))
        COMMENT 'terms that drive it, by language, the strongest first' AFTER evidence;

ALTER TABLE incident_versions ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS lead_topic LowCardinality(String) DEFAULT topic
        COMMENT 'topic of the leading spike, whose figures these are' AFTER synthetic,
    ADD COLUMN IF NOT EXISTS lead_language LowCardinality(String) DEFAULT '*'
        COMMENT 'language of the leading spike; * is all together' AFTER lead_topic,
    ADD COLUMN IF NOT EXISTS verdict LowCardinality(String) DEFAULT 'organic'
        COMMENT 'organic, concentrated, collector or backfill; only organic ones are told' AFTER lead_language,
    ADD COLUMN IF NOT EXISTS evidence Array(Tuple(name String, value Float64, threshold Nullable(Float64), decisive Bool))
        COMMENT 'the figures that the verdict rests on; from its threshold on a figure alone decides' AFTER verdict,
    ADD COLUMN IF NOT EXISTS terms Array(Tuple(language String, term String))
        COMMENT 'terms that drive it, by language, the strongest first' AFTER evidence;

DROP VIEW IF EXISTS incidents ON CLUSTER 'main';

CREATE OR REPLACE VIEW incidents ON CLUSTER 'main' AS
SELECT * EXCEPT (version) FROM incident_versions FINAL
COMMENT 'spikes that belong together: what people are told about, once';

ALTER TABLE deliveries_local ON CLUSTER 'main'
    COMMENT COLUMN decision 'why it was told or not: first, silenced, acknowledged, not_told_concentrated and so on',
    COMMENT COLUMN outcome 'sent, retry, failed, or withheld where it was not told';

ALTER TABLE deliveries ON CLUSTER 'main'
    COMMENT COLUMN decision 'why it was told or not: first, silenced, acknowledged, not_told_concentrated and so on',
    COMMENT COLUMN outcome 'sent, retry, failed, or withheld where it was not told';

ALTER TABLE source_health_versions_local ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS state LowCardinality(String) DEFAULT 'listening' COMMENT 'listening, silent, reconnecting, failed or ended',
    ADD COLUMN IF NOT EXISTS detail String COMMENT 'one sentence where it is not listening',
    ADD COLUMN IF NOT EXISTS events UInt64 COMMENT 'signs of life of its network since the collector was started',
    ADD COLUMN IF NOT EXISTS posts UInt64 COMMENT 'posts and deletions it has delivered since then',
    ADD COLUMN IF NOT EXISTS rejected UInt64 COMMENT 'what it could not read since then',
    ADD COLUMN IF NOT EXISTS reconnects UInt64 COMMENT 'how often its network failed since then',
    ADD COLUMN IF NOT EXISTS last_event Nullable(DateTime64(3, 'UTC')) COMMENT 'the collector''s clock at the last sign of life',
    ADD COLUMN IF NOT EXISTS last_post Nullable(DateTime64(3, 'UTC')) COMMENT 'the collector''s clock at its last post';

ALTER TABLE source_health_versions ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS state LowCardinality(String) DEFAULT 'listening' COMMENT 'listening, silent, reconnecting, failed or ended',
    ADD COLUMN IF NOT EXISTS detail String COMMENT 'one sentence where it is not listening',
    ADD COLUMN IF NOT EXISTS events UInt64 COMMENT 'signs of life of its network since the collector was started',
    ADD COLUMN IF NOT EXISTS posts UInt64 COMMENT 'posts and deletions it has delivered since then',
    ADD COLUMN IF NOT EXISTS rejected UInt64 COMMENT 'what it could not read since then',
    ADD COLUMN IF NOT EXISTS reconnects UInt64 COMMENT 'how often its network failed since then',
    ADD COLUMN IF NOT EXISTS last_event Nullable(DateTime64(3, 'UTC')) COMMENT 'the collector''s clock at the last sign of life',
    ADD COLUMN IF NOT EXISTS last_post Nullable(DateTime64(3, 'UTC')) COMMENT 'the collector''s clock at its last post';

DROP VIEW IF EXISTS source_health ON CLUSTER 'main';

CREATE OR REPLACE VIEW source_health ON CLUSTER 'main' AS
SELECT *, greatest(0, dateDiff('millisecond', `until`, at)) / 1000 AS lag
FROM source_health_versions FINAL
COMMENT 'what each collector has covered and how it is, partition by partition; lag is seconds from until to at';

ALTER TABLE spike_versions_local ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS verdict LowCardinality(String) DEFAULT 'organic'
        COMMENT 'organic, concentrated, collector or backfill; an incident is told for its organic ones' AFTER pulses,
    ADD COLUMN IF NOT EXISTS evidence Array(Tuple(name String, value Float64, threshold Nullable(Float64), decisive Bool))
        COMMENT 'the figures that the verdict rests on; empty where it was never judged' AFTER verdict;

ALTER TABLE spike_versions ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS verdict LowCardinality(String) DEFAULT 'organic'
        COMMENT 'organic, concentrated, collector or backfill; an incident is told for its organic ones' AFTER pulses,
    ADD COLUMN IF NOT EXISTS evidence Array(Tuple(name String, value Float64, threshold Nullable(Float64), decisive Bool))
        COMMENT 'the figures that the verdict rests on; empty where it was never judged' AFTER verdict;

DROP VIEW IF EXISTS spikes ON CLUSTER 'main';

CREATE OR REPLACE VIEW spikes ON CLUSTER 'main' AS
SELECT * EXCEPT (version) FROM spike_versions FINAL
COMMENT 'one row an episode of one series';

ALTER TABLE incident_versions_local ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS lead_start DateTime('UTC') DEFAULT start
        COMMENT 'start of the leading spike: with lead_topic and lead_language, its name in spikes' AFTER terms,
    ADD COLUMN IF NOT EXISTS lead_end Nullable(DateTime('UTC')) DEFAULT `end`
        COMMENT 'its end; NULL while it lasts' AFTER lead_start,
    ADD COLUMN IF NOT EXISTS doubted Array(Tuple(language String, verdict String, reason String, value Float64))
        COMMENT 'languages in which it rose and no spike is organic, the largest first, with the figure that decides'
        AFTER lead_end,
    COMMENT COLUMN start 'start of the earliest spike; of the organic ones where there are any to tell of',
    COMMENT COLUMN detected_at 'when the first such spike was found',
    COMMENT COLUMN `end` 'end of the last such spike; NULL while one lasts',
    COMMENT COLUMN score 'highest score of such spikes',
    COMMENT COLUMN severity 'highest severity of such spikes',
    COMMENT COLUMN languages 'languages with an organic spike of their own, the largest first',
    COMMENT COLUMN subtopics 'sub-topics with such a spike of their own, the largest first',
    COMMENT COLUMN verdict 'of the leading spike: organic, concentrated, collector or backfill; only organic ones are told';

ALTER TABLE incident_versions ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS lead_start DateTime('UTC') DEFAULT start
        COMMENT 'start of the leading spike: with lead_topic and lead_language, its name in spikes' AFTER terms,
    ADD COLUMN IF NOT EXISTS lead_end Nullable(DateTime('UTC')) DEFAULT `end`
        COMMENT 'its end; NULL while it lasts' AFTER lead_start,
    ADD COLUMN IF NOT EXISTS doubted Array(Tuple(language String, verdict String, reason String, value Float64))
        COMMENT 'languages in which it rose and no spike is organic, the largest first, with the figure that decides'
        AFTER lead_end,
    COMMENT COLUMN start 'start of the earliest spike; of the organic ones where there are any to tell of',
    COMMENT COLUMN detected_at 'when the first such spike was found',
    COMMENT COLUMN `end` 'end of the last such spike; NULL while one lasts',
    COMMENT COLUMN score 'highest score of such spikes',
    COMMENT COLUMN severity 'highest severity of such spikes',
    COMMENT COLUMN languages 'languages with an organic spike of their own, the largest first',
    COMMENT COLUMN subtopics 'sub-topics with such a spike of their own, the largest first',
    COMMENT COLUMN verdict 'of the leading spike: organic, concentrated, collector or backfill; only organic ones are told';

DROP VIEW IF EXISTS incidents ON CLUSTER 'main';

CREATE OR REPLACE VIEW incidents ON CLUSTER 'main' AS
SELECT * EXCEPT (version) FROM incident_versions FINAL
COMMENT 'spikes that belong together: what people are told about, once';

CREATE OR REPLACE VIEW count_hours_with_zeros ON CLUSTER 'main' AS
SELECT
    hour,
    topic,
    language,
    source,
    argMax(sums.posts, at_once) AS posts,
    argMax(sums.author_minutes, at_once) AS author_minutes,
    argMax(sums.backfilled, at_once) AS backfilled,
    argMax(sums.deleted, at_once) AS deleted
FROM
(
    SELECT hour, topic, language, source, posts, author_minutes, backfilled, deleted, false AS at_once
    FROM count_hour_versions FINAL
    UNION ALL
    SELECT
        toStartOfHour(minute) AS hour,
        topic,
        language,
        source,
        sum(count_versions.posts) AS posts,
        sum(count_versions.authors) AS author_minutes,
        sum(count_versions.backfilled) AS backfilled,
        sum(count_versions.deleted) AS deleted,
        true AS at_once
    FROM count_versions FINAL
    WHERE toStartOfHour(minute) IN (SELECT hour FROM count_minutes_unsummed)
    GROUP BY hour, topic, language, source
) AS sums
GROUP BY hour, topic, language, source
COMMENT 'as count_hours, with the buckets that have become empty';

DROP VIEW IF EXISTS count_hours ON CLUSTER 'main';

CREATE OR REPLACE VIEW count_hours ON CLUSTER 'main' AS
SELECT hour, topic, language, source, posts, author_minutes, backfilled, deleted
FROM count_hours_with_zeros
WHERE posts > 0
COMMENT 'posts per hour, topic, language and source: summed up before, or now where a minute has changed since';

DROP VIEW IF EXISTS count_days ON CLUSTER 'main';

CREATE OR REPLACE VIEW count_days ON CLUSTER 'main' AS
SELECT
    day,
    topic,
    language,
    source,
    argMax(sums.posts, at_once) AS posts,
    argMax(sums.author_minutes, at_once) AS author_minutes,
    argMax(sums.backfilled, at_once) AS backfilled,
    argMax(sums.deleted, at_once) AS deleted
FROM
(
    SELECT day, topic, language, source, posts, author_minutes, backfilled, deleted, false AS at_once
    FROM count_day_versions FINAL
    UNION ALL
    SELECT
        toStartOfDay(hour) AS day,
        topic,
        language,
        source,
        sum(hours.posts) AS posts,
        sum(hours.author_minutes) AS author_minutes,
        sum(hours.backfilled) AS backfilled,
        sum(hours.deleted) AS deleted,
        true AS at_once
    FROM count_hours_with_zeros AS hours
    WHERE toStartOfDay(hour) IN (SELECT toStartOfDay(hour) FROM count_minutes_unsummed)
    GROUP BY day, topic, language, source
) AS sums
GROUP BY day, topic, language, source
HAVING posts > 0
COMMENT 'posts per day, topic, language and source: summed up before, or now where a minute has changed since';

DROP VIEW IF EXISTS spikes ON CLUSTER 'main';

CREATE OR REPLACE VIEW spikes ON CLUSTER 'main' AS
SELECT * EXCEPT (version) FROM spike_versions FINAL WHERE `end` IS NULL OR `end` > start
COMMENT 'one row an episode of one series';

CREATE TABLE IF NOT EXISTS version_marks_local ON CLUSTER 'main'
(
    of LowCardinality(String) COMMENT 'which versions: all',
    version UInt64 COMMENT 'the highest that was taken: the server''s clock in microseconds, or a millisecond more than the last',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'the server''s clock then'
)
ENGINE = ReplicatedReplacingMergeTree(version)
ORDER BY of
SETTINGS old_parts_lifetime = 60
COMMENT 'the highest version that was taken: the next one is above it';

CREATE TABLE IF NOT EXISTS version_marks ON CLUSTER 'main' AS version_marks_local
ENGINE = Distributed('main', currentDatabase(), version_marks_local, cityHash64(of))
COMMENT 'the highest version that was taken: the next one is above it';

ALTER TABLE count_versions_local ON CLUSTER 'main'
    COMMENT COLUMN version 'taken ahead of the recount: the server''s clock in microseconds, or a little more than the last';

ALTER TABLE count_versions ON CLUSTER 'main'
    COMMENT COLUMN version 'taken ahead of the recount: the server''s clock in microseconds, or a little more than the last';

ALTER TABLE post_versions_local ON CLUSTER 'main'
    COMMENT COLUMN clock_replaced 'created_at is not the author''s clock, which said nothing or could not be right';

ALTER TABLE post_versions ON CLUSTER 'main'
    COMMENT COLUMN clock_replaced 'created_at is not the author''s clock, which said nothing or could not be right';

ALTER TABLE source_health_versions_local ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS idle Bool DEFAULT false COMMENT 'a live source has read all there was up to until; the watch does not wait for the rest',
    ADD COLUMN IF NOT EXISTS silent_after Float64 DEFAULT 120 COMMENT 'seconds without a sign of life of its network, after which it is silent',
    COMMENT COLUMN complete 'an archive has said its last word: nothing more will come',
    COMMENT COLUMN state 'as it last said: listening, silent, reconnecting, failed or ended',
    COMMENT COLUMN detail 'one sentence on what is wrong';

ALTER TABLE source_health_versions ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS idle Bool DEFAULT false COMMENT 'a live source has read all there was up to until; the watch does not wait for the rest',
    ADD COLUMN IF NOT EXISTS silent_after Float64 DEFAULT 120 COMMENT 'seconds without a sign of life of its network, after which it is silent',
    COMMENT COLUMN complete 'an archive has said its last word: nothing more will come',
    COMMENT COLUMN state 'as it last said: listening, silent, reconnecting, failed or ended',
    COMMENT COLUMN detail 'one sentence on what is wrong';

ALTER TABLE source_health_versions_local ON CLUSTER 'main'
    UPDATE complete = false, idle = true
    WHERE complete AND source IN ('gdelt', 'hackernews', 'mastodon', 'reddit', 'rss', 'snscrape', 'telegram')
    SETTINGS mutations_sync = 2;

DROP VIEW IF EXISTS source_health ON CLUSTER 'main';

CREATE OR REPLACE VIEW source_health ON CLUSTER 'main' AS
SELECT *, greatest(0, dateDiff('millisecond', `until`, at)) / 1000 AS lag
FROM source_health_versions FINAL
COMMENT 'what each collector has covered and how it is, partition by partition; lag is seconds from until to at';

ALTER TABLE deliveries_local ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS peak Float64 DEFAULT inf
        COMMENT 'posts above the expectation in the highest bin that it had then; inf where that was not written down',
    ADD COLUMN IF NOT EXISTS pulse DateTime('UTC') DEFAULT toDateTime(0, 'UTC')
        COMMENT 'start of the pulse that holds that bin',
    COMMENT COLUMN decision
        'why it was told or not: first, grew, silenced, acknowledged, not_told_concentrated and so on',
    COMMENT COLUMN outcome 'sent; retry, to be tried again; failed for good; or withheld where it was not told';

ALTER TABLE deliveries ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS peak Float64 DEFAULT inf
        COMMENT 'posts above the expectation in the highest bin that it had then; inf where that was not written down',
    ADD COLUMN IF NOT EXISTS pulse DateTime('UTC') DEFAULT toDateTime(0, 'UTC')
        COMMENT 'start of the pulse that holds that bin',
    COMMENT COLUMN decision
        'why it was told or not: first, grew, silenced, acknowledged, not_told_concentrated and so on',
    COMMENT COLUMN outcome 'sent; retry, to be tried again; failed for good; or withheld where it was not told';

DROP VIEW IF EXISTS watch_state ON CLUSTER 'main';

DROP TABLE IF EXISTS watch_state_versions ON CLUSTER 'main';

DROP TABLE IF EXISTS watch_state_versions_local ON CLUSTER 'main';

CREATE TABLE IF NOT EXISTS retags_local ON CLUSTER 'main'
(
    start DateTime64(3, 'UTC') COMMENT 'event time from which posts were tagged again',
    `end` DateTime64(3, 'UTC') COMMENT 'event time up to which',
    posts UInt64 COMMENT 'how many of them have a text still',
    changed UInt64 COMMENT 'how many of those have another language or other topics now',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when'
)
ENGINE = ReplicatedMergeTree
ORDER BY (start, `end`)
COMMENT 'stretches whose posts were tagged again and whose minutes were counted again: one row a stretch';

CREATE TABLE IF NOT EXISTS retags ON CLUSTER 'main' AS retags_local
ENGINE = Distributed('main', currentDatabase(), retags_local, cityHash64(start, `end`))
COMMENT 'stretches whose posts were tagged again and whose minutes were counted again: one row a stretch';

CREATE TABLE IF NOT EXISTS notification_versions_local ON CLUSTER 'main'
(
    key String COMMENT 'conversation, channel and number: the same over all attempts to send it',
    conversation String COMMENT 'id of the incident; source:NAME or channel:NAME where it is about one of these',
    channel LowCardinality(String) COMMENT 'channel of the rules file; empty where no rule matches',
    number UInt32 COMMENT 'counts the decisions of a conversation at a channel, from 1',
    rule LowCardinality(String) COMMENT 'rule that names the channel',
    state LowCardinality(String) COMMENT 'of the conversation from here on: pending, firing, recovering or resolved',
    step LowCardinality(String) COMMENT 'what is sent: opened, grew, repeated, acknowledged, resolved and so on; empty where nothing is',
    growth Array(LowCardinality(String)) COMMENT 'what has grown: severity, language, pulse',
    reason LowCardinality(String) COMMENT 'the branch of the decision, such as opened, silenced, no_route',
    severity LowCardinality(String) COMMENT 'of the incident as the channel knows it after this; empty before anything was said',
    languages Array(LowCardinality(String)) COMMENT 'likewise',
    peak Float64 COMMENT 'posts above the expectation in its highest bin, likewise',
    pulse DateTime('UTC') COMMENT 'start of the pulse that holds that bin, likewise',
    last_pulse DateTime('UTC') COMMENT 'start of its newest pulse, likewise',
    told_at Nullable(DateTime64(3, 'UTC')) COMMENT 'the time of the decision on the last message, up to this one',
    acknowledgement Nullable(DateTime64(3, 'UTC')) COMMENT 'time of the newest acknowledgement that was heeded',
    acknowledged Bool COMMENT 'whether that acknowledgement holds messages back',
    due DateTime64(3, 'UTC') COMMENT 'when it is to be sent; where nothing is, when the message before it is',
    bundle String COMMENT 'what is due with one name for one channel is sent as one digest; empty if it goes alone',
    at DateTime64(3, 'UTC') COMMENT 'the time of the decision, by the watch''s clock'
)
ENGINE = ReplicatedReplacingMergeTree(at)
ORDER BY (conversation, channel, number)
COMMENT 'every decision on telling a channel of something';

CREATE TABLE IF NOT EXISTS notification_versions ON CLUSTER 'main' AS notification_versions_local
ENGINE = Distributed('main', currentDatabase(), notification_versions_local, cityHash64(conversation, channel, number))
COMMENT 'every decision on telling a channel of something';

CREATE OR REPLACE VIEW notifications ON CLUSTER 'main' AS
SELECT * FROM notification_versions FINAL
COMMENT 'what was decided on telling people: one row a change';

DROP TABLE IF EXISTS deliveries ON CLUSTER 'main';

DROP TABLE IF EXISTS deliveries_local ON CLUSTER 'main';

CREATE TABLE IF NOT EXISTS delivery_versions_local ON CLUSTER 'main'
(
    key String COMMENT 'of the notification',
    conversation String COMMENT 'id of the incident, or what else it is about',
    channel LowCardinality(String) COMMENT 'channel',
    step LowCardinality(String) COMMENT 'what was to be told',
    attempt UInt32 COMMENT 'counts from 1; 0 where nothing was tried',
    reason LowCardinality(String)
        COMMENT 'sent, retry, rate_limited, timeout, auth, refused, gave_up; trying while under way; or why nothing was tried: no_route, silenced, quiet, digest, budget and so on',
    latency Float64 COMMENT 'seconds that the attempt took',
    message String COMMENT 'key of the message it went in: its own, or that of a digest',
    pause Float64 COMMENT 'seconds from then on until it is tried again; 0 where it is not',
    message_id String COMMENT 'the channel''s id of the message',
    detail String COMMENT 'what the channel answered, without secrets',
    at DateTime64(3, 'UTC') COMMENT 'when, by the clock of the machine'
)
ENGINE = ReplicatedReplacingMergeTree(at)
ORDER BY (key, attempt)
COMMENT 'every version of every attempt';

CREATE TABLE IF NOT EXISTS delivery_versions ON CLUSTER 'main' AS delivery_versions_local
ENGINE = Distributed('main', currentDatabase(), delivery_versions_local, cityHash64(key, attempt))
COMMENT 'every version of every attempt';

CREATE OR REPLACE VIEW deliveries ON CLUSTER 'main' AS
SELECT * FROM delivery_versions FINAL
COMMENT 'the proof of what was told: one row an attempt, and one for each notification that was held back';

ALTER TABLE acknowledgement_versions_local ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS action LowCardinality(String) DEFAULT 'acknowledge' COMMENT 'acknowledge, or resolve where a person ended it';

ALTER TABLE acknowledgement_versions ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS action LowCardinality(String) DEFAULT 'acknowledge' COMMENT 'acknowledge, or resolve where a person ended it';

DROP VIEW IF EXISTS acknowledgements ON CLUSTER 'main';

CREATE OR REPLACE VIEW acknowledgements ON CLUSTER 'main' AS
SELECT * FROM acknowledgement_versions FINAL
COMMENT 'incidents somebody has taken on';

ALTER TABLE silence_versions_local ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS languages Array(LowCardinality(String)) COMMENT 'only incidents that are in no other language; empty is every one',
    ADD COLUMN IF NOT EXISTS sources Array(LowCardinality(String)) COMMENT 'only incidents that are from no other source; empty is every one',
    ADD COLUMN IF NOT EXISTS severity LowCardinality(String) DEFAULT '' COMMENT 'only incidents of no higher severity; empty is every one',
    ADD COLUMN IF NOT EXISTS channel LowCardinality(String) DEFAULT '' COMMENT 'only at this channel; empty is every one';

ALTER TABLE silence_versions ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS languages Array(LowCardinality(String)) COMMENT 'only incidents that are in no other language; empty is every one',
    ADD COLUMN IF NOT EXISTS sources Array(LowCardinality(String)) COMMENT 'only incidents that are from no other source; empty is every one',
    ADD COLUMN IF NOT EXISTS severity LowCardinality(String) DEFAULT '' COMMENT 'only incidents of no higher severity; empty is every one',
    ADD COLUMN IF NOT EXISTS channel LowCardinality(String) DEFAULT '' COMMENT 'only at this channel; empty is every one';

DROP VIEW IF EXISTS silences ON CLUSTER 'main';

CREATE OR REPLACE VIEW silences ON CLUSTER 'main' AS
SELECT * FROM silence_versions FINAL
COMMENT 'times during which incidents are recorded and not told';

ALTER TABLE spike_versions_local ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS window LowCardinality(String)
        COMMENT 'the longer window of the scale with the highest score, such as 30 min or 1 day; empty where it was not written down'
        AFTER provisional;

ALTER TABLE spike_versions ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS window LowCardinality(String)
        COMMENT 'the longer window of the scale with the highest score, such as 30 min or 1 day; empty where it was not written down'
        AFTER provisional;

DROP VIEW IF EXISTS spikes ON CLUSTER 'main';

CREATE OR REPLACE VIEW spikes ON CLUSTER 'main' AS
SELECT * EXCEPT (version) FROM spike_versions FINAL WHERE `end` IS NULL OR `end` > start
COMMENT 'one row an episode of one series';

CREATE TABLE IF NOT EXISTS annotation_versions_local ON CLUSTER 'main'
(
    incident String COMMENT 'id of the incident',
    id String COMMENT 'hash of incident, author and text: the same note is written once',
    by String COMMENT 'who wrote it',
    text String COMMENT 'free text',
    at DateTime64(3, 'UTC') COMMENT 'when'
)
ENGINE = ReplicatedReplacingMergeTree(at)
ORDER BY (incident, id)
COMMENT 'notes that people wrote beside incidents';

CREATE TABLE IF NOT EXISTS annotation_versions ON CLUSTER 'main' AS annotation_versions_local
ENGINE = Distributed('main', currentDatabase(), annotation_versions_local, cityHash64(incident, id))
COMMENT 'notes that people wrote beside incidents';

CREATE OR REPLACE VIEW annotations ON CLUSTER 'main' AS
SELECT * FROM annotation_versions FINAL
COMMENT 'notes that people wrote beside incidents';

CREATE TABLE IF NOT EXISTS saved_query_versions_local ON CLUSTER 'main'
(
    name String COMMENT 'name under which people find it',
    sql String COMMENT 'the query; empty where it was removed',
    by String COMMENT 'who saved or removed it',
    at DateTime64(6, 'UTC') COMMENT 'when'
)
ENGINE = ReplicatedReplacingMergeTree(at)
ORDER BY (name, at)
COMMENT 'every version of the queries that people keep: also who replaced or removed one';

CREATE TABLE IF NOT EXISTS saved_query_versions ON CLUSTER 'main' AS saved_query_versions_local
ENGINE = Distributed('main', currentDatabase(), saved_query_versions_local, cityHash64(name, at))
COMMENT 'every version of the queries that people keep: also who replaced or removed one';

CREATE OR REPLACE VIEW saved_queries ON CLUSTER 'main' AS
SELECT * FROM
(
    SELECT name, sql, by, at FROM saved_query_versions FINAL ORDER BY at DESC LIMIT 1 BY name
)
WHERE sql != ''
COMMENT 'queries that people keep under a name: the newest version of each';

ALTER TABLE notification_versions_local ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS incident String COMMENT 'the incident as it was then, as JSON; empty where nothing is sent' AFTER bundle;

ALTER TABLE notification_versions ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS incident String COMMENT 'the incident as it was then, as JSON; empty where nothing is sent' AFTER bundle;

DROP VIEW IF EXISTS notifications ON CLUSTER 'main';

CREATE OR REPLACE VIEW notifications ON CLUSTER 'main' AS
SELECT * FROM notification_versions FINAL
COMMENT 'what was decided on telling people: one row a change';

ALTER TABLE spike_versions_local ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS window_observed UInt64
        COMMENT 'posts in that window where the score was highest; 0 where it was not written down' AFTER window,
    ADD COLUMN IF NOT EXISTS window_expected Float64
        COMMENT 'posts expected in it' AFTER window_observed;

ALTER TABLE spike_versions ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS window_observed UInt64
        COMMENT 'posts in that window where the score was highest; 0 where it was not written down' AFTER window,
    ADD COLUMN IF NOT EXISTS window_expected Float64
        COMMENT 'posts expected in it' AFTER window_observed;

ALTER TABLE incident_versions_local ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS window LowCardinality(String)
        COMMENT 'the window in which the leading spike had its highest score, such as 30 min or 1 day; empty where it was not written down'
        AFTER pulses,
    ADD COLUMN IF NOT EXISTS window_observed UInt64
        COMMENT 'posts in that window' AFTER window,
    ADD COLUMN IF NOT EXISTS window_expected Float64
        COMMENT 'posts expected in it' AFTER window_observed;

ALTER TABLE incident_versions ON CLUSTER 'main'
    ADD COLUMN IF NOT EXISTS window LowCardinality(String)
        COMMENT 'the window in which the leading spike had its highest score, such as 30 min or 1 day; empty where it was not written down'
        AFTER pulses,
    ADD COLUMN IF NOT EXISTS window_observed UInt64
        COMMENT 'posts in that window' AFTER window,
    ADD COLUMN IF NOT EXISTS window_expected Float64
        COMMENT 'posts expected in it' AFTER window_observed;

DROP VIEW IF EXISTS spikes ON CLUSTER 'main';

CREATE OR REPLACE VIEW spikes ON CLUSTER 'main' AS
SELECT * EXCEPT (version) FROM spike_versions FINAL WHERE `end` IS NULL OR `end` > start
COMMENT 'one row an episode of one series';

DROP VIEW IF EXISTS incidents ON CLUSTER 'main';

CREATE OR REPLACE VIEW incidents ON CLUSTER 'main' AS
SELECT * EXCEPT (version) FROM incident_versions FINAL
COMMENT 'spikes that belong together: what people are told about, once';

CREATE TABLE IF NOT EXISTS rejected_versions_local ON CLUSTER 'main'
(
    stage LowCardinality(String) COMMENT 'who rejected it: collector, worker or store',
    source LowCardinality(String) COMMENT 'the network or the archive that it came from; kafka where nobody could tell; counts for a recount',
    kind LowCardinality(String) COMMENT 'why: unreadable, too_large, impossible_time, missing (posts that nobody can read any more) or refused (by the store)',
    reason String COMMENT 'the reason as a sentence, without what it quotes' CODEC(ZSTD(3)),
    id UInt64 COMMENT 'hash of the record and its place: a record that is delivered again is one row',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when it was stored last; a row is kept for 14 days'
)
ENGINE = ReplicatedReplacingMergeTree(at)
ORDER BY (source, stage, kind, id)
TTL toDateTime(at) + INTERVAL 14 DAY
COMMENT 'what could not be read as a post, or not be stored, in the last 14 days';

CREATE TABLE IF NOT EXISTS rejected_versions ON CLUSTER 'main' AS rejected_versions_local
ENGINE = Distributed('main', currentDatabase(), rejected_versions_local, cityHash64(source, stage, kind, id))
COMMENT 'what could not be read as a post, or not be stored, in the last 14 days';

CREATE OR REPLACE VIEW rejected ON CLUSTER 'main' AS
SELECT * FROM rejected_versions FINAL WHERE at >= now() - INTERVAL 14 DAY
COMMENT 'what could not be read as a post, or not be stored, in the last 14 days: one row a record';

CREATE OR REPLACE VIEW disk_space ON CLUSTER 'main'
(
    name String COMMENT 'the disk, as ClickHouse''s configuration names it',
    free_bytes UInt64 COMMENT 'bytes that are free',
    total_bytes UInt64 COMMENT 'bytes of the whole disk'
) AS
SELECT name, free_space AS free_bytes, total_space AS total_bytes FROM system.disks WHERE total_space > 0 AND NOT is_remote
COMMENT 'the local disks of the server that answers';

CREATE TABLE IF NOT EXISTS broker_memory_versions_local ON CLUSTER 'main'
(
    name LowCardinality(String) COMMENT 'which broker: embedded',
    state LowCardinality(String)
        COMMENT 'started; recycled: emptied and begun anew; uncounted: what it held was not counted in time; streamed: standard input, which cannot be read twice, keeps it from beginning anew',
    held_bytes UInt64 COMMENT 'bytes of memory that it held then; 0 at its start',
    limit_bytes UInt64 COMMENT 'bytes above which it begins anew',
    at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when'
)
ENGINE = ReplicatedReplacingMergeTree(at)
ORDER BY name
COMMENT 'what last became of the memory of the embedded broker';

CREATE TABLE IF NOT EXISTS broker_memory_versions ON CLUSTER 'main' AS broker_memory_versions_local
ENGINE = Distributed('main', currentDatabase(), broker_memory_versions_local, cityHash64(name))
COMMENT 'what last became of the memory of the embedded broker';

CREATE OR REPLACE VIEW broker_memory ON CLUSTER 'main' AS
SELECT * FROM broker_memory_versions FINAL
COMMENT 'what last became of the memory of the embedded broker: one row';

ALTER TABLE post_versions_local ON CLUSTER 'main' MODIFY COLUMN text String TTL stored_at + toIntervalDay(30);

ALTER TABLE post_versions_local ON CLUSTER 'main' MODIFY COLUMN url String TTL stored_at + toIntervalDay(30);

ALTER TABLE post_versions_local ON CLUSTER 'main' MODIFY COLUMN links Array(String) TTL stored_at + toIntervalDay(30);

ALTER TABLE post_versions_local ON CLUSTER 'main' MODIFY COLUMN hashtags Array(String) TTL stored_at + toIntervalDay(30);

ALTER TABLE post_versions_local ON CLUSTER 'main' MODIFY COLUMN reply_to String TTL stored_at + toIntervalDay(30);

ALTER TABLE post_versions_local ON CLUSTER 'main' MODIFY COLUMN repost_of String TTL stored_at + toIntervalDay(30);

