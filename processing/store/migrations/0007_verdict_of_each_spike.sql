-- What each spike is, not only the one that leads an incident; and which languages of an incident are no people's.

ALTER TABLE spike_versions
    ADD COLUMN verdict LowCardinality(String) DEFAULT 'organic'
        COMMENT 'organic, concentrated, collector or backfill; an incident is told for its organic ones' AFTER pulses,
    ADD COLUMN evidence Array(Tuple(name String, value Float64, threshold Nullable(Float64), decisive Bool))
        COMMENT 'the figures that the verdict rests on; empty where it was never judged' AFTER verdict;

DROP VIEW spikes;

CREATE VIEW spikes AS
SELECT * EXCEPT (version) FROM spike_versions FINAL
COMMENT 'one row an episode of one series';

ALTER TABLE incident_versions
    ADD COLUMN lead_start DateTime('UTC') DEFAULT start
        COMMENT 'start of the leading spike: with lead_topic and lead_language, its name in spikes' AFTER terms,
    ADD COLUMN lead_end Nullable(DateTime('UTC')) DEFAULT `end`
        COMMENT 'its end; NULL while it lasts' AFTER lead_start,
    ADD COLUMN doubted Array(Tuple(language String, verdict String, reason String, value Float64))
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

DROP VIEW incidents;

CREATE VIEW incidents AS
SELECT * EXCEPT (version) FROM incident_versions FINAL
COMMENT 'spikes that belong together: what people are told about, once';
