-- Posts in the window that spoke, so that a message can say of a sparse topic how many posts the day had.

ALTER TABLE spike_versions
    ADD COLUMN window_observed UInt64
        COMMENT 'posts in that window where the score was highest; 0 where it was not written down' AFTER window,
    ADD COLUMN window_expected Float64
        COMMENT 'posts expected in it' AFTER window_observed;

ALTER TABLE incident_versions
    ADD COLUMN window LowCardinality(String)
        COMMENT 'the window in which the leading spike had its highest score, such as 30 min or 1 day; empty where it was not written down'
        AFTER pulses,
    ADD COLUMN window_observed UInt64
        COMMENT 'posts in that window' AFTER window,
    ADD COLUMN window_expected Float64
        COMMENT 'posts expected in it' AFTER window_observed;

DROP VIEW spikes;

CREATE VIEW spikes AS
SELECT * EXCEPT (version) FROM spike_versions FINAL WHERE `end` IS NULL OR `end` > start
COMMENT 'one row an episode of one series';

DROP VIEW incidents;

CREATE VIEW incidents AS
SELECT * EXCEPT (version) FROM incident_versions FINAL
COMMENT 'spikes that belong together: what people are told about, once';
