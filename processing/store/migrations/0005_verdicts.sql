-- What an incident is, and what drives it.

ALTER TABLE incident_versions
    ADD COLUMN lead_topic LowCardinality(String) DEFAULT topic
        COMMENT 'topic of the leading spike, whose figures these are' AFTER synthetic,
    ADD COLUMN lead_language LowCardinality(String) DEFAULT '*'
        COMMENT 'language of the leading spike; * is all together' AFTER lead_topic,
    ADD COLUMN verdict LowCardinality(String) DEFAULT 'organic'
        COMMENT 'organic, concentrated, collector or backfill; only organic ones are told' AFTER lead_language,
    ADD COLUMN evidence Array(Tuple(name String, value Float64, threshold Nullable(Float64), decisive Bool))
        COMMENT 'the figures that the verdict rests on; from its threshold on a figure alone decides' AFTER verdict,
    ADD COLUMN terms Array(Tuple(language String, term String))
        COMMENT 'terms that drive it, by language, the strongest first' AFTER evidence;

DROP VIEW incidents;

CREATE VIEW incidents AS
SELECT * EXCEPT (version) FROM incident_versions FINAL
COMMENT 'spikes that belong together: what people are told about, once';

ALTER TABLE deliveries
    COMMENT COLUMN decision 'why it was told or not: first, silenced, acknowledged, not_told_concentrated and so on',
    COMMENT COLUMN outcome 'sent, retry, failed, or withheld where it was not told';
