-- A language may join an open bin with few posts and turn out, when the bin has closed, to have had too few for so large
-- a surge. Its row then ends where it starts, and is no spike.

DROP VIEW spikes;

CREATE VIEW spikes AS
SELECT * EXCEPT (version) FROM spike_versions FINAL WHERE `end` IS NULL OR `end` > start
COMMENT 'one row an episode of one series';
