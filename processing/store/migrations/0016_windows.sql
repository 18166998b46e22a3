-- Which of the detector's windows spoke: a spike over a day needs fewer people than one over half an hour.

ALTER TABLE spike_versions
    ADD COLUMN window LowCardinality(String)
        COMMENT 'the longer window of the scale with the highest score, such as 30 min or 1 day; empty where it was not written down'
        AFTER provisional;

DROP VIEW spikes;

CREATE VIEW spikes AS
SELECT * EXCEPT (version) FROM spike_versions FINAL WHERE `end` IS NULL OR `end` > start
COMMENT 'one row an episode of one series';
