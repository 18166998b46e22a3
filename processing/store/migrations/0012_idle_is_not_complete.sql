-- Live sources that are asked in their own time said `complete` at each look, so that the watch did not wait for them: a
-- feed that had died was shown as complete. They say `idle` now, and each says after what time it is silent.

ALTER TABLE source_health_versions
    ADD COLUMN idle Bool DEFAULT false COMMENT 'a live source has read all there was up to until; the watch does not wait for the rest',
    ADD COLUMN silent_after Float64 DEFAULT 120 COMMENT 'seconds without a sign of life of its network, after which it is silent',
    COMMENT COLUMN complete 'an archive has said its last word: nothing more will come',
    COMMENT COLUMN state 'as it last said: listening, silent, reconnecting, failed or ended',
    COMMENT COLUMN detail 'one sentence on what is wrong';

-- What the sources of that time have said.
ALTER TABLE source_health_versions
    UPDATE complete = false, idle = true
    WHERE complete AND source IN ('gdelt', 'hackernews', 'mastodon', 'reddit', 'rss', 'snscrape', 'telegram')
    SETTINGS mutations_sync = 2;

DROP VIEW source_health;

CREATE VIEW source_health AS
SELECT *, greatest(0, dateDiff('millisecond', `until`, at)) / 1000 AS lag
FROM source_health_versions FINAL
COMMENT 'what each collector has covered and how it is, partition by partition; lag is seconds from until to at';
