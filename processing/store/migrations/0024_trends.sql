-- What networks call trending, beside our own incidents: who was first?

CREATE TABLE trend_versions
(
    network LowCardinality(String) COMMENT 'the network that was asked: bluesky, mastodon or weibo',
    server String COMMENT 'host that was asked',
    name String COMMENT 'the trend as the network names it',
    url String COMMENT 'where the network shows it',
    topics Array(LowCardinality(String)) COMMENT 'ids of the taxonomy that the name has',
    appeared_at Nullable(DateTime64(3, 'UTC'))
        COMMENT 'since when it trends: as the network says, else the last look at which it was not there yet; NULL where nobody knows',
    first_seen DateTime64(3, 'UTC') COMMENT 'first look at which it was there',
    last_seen DateTime64(3, 'UTC') COMMENT 'last look at which it was there'
)
ENGINE = ReplacingMergeTree(last_seen)
ORDER BY (network, server, name, first_seen)
COMMENT 'every look at the trends of networks';

CREATE VIEW trends AS
SELECT * FROM trend_versions FINAL
COMMENT 'what networks call trending: one row for each time that a trend came up';

CREATE VIEW trend_leads
(
    incident String COMMENT 'id of the incident',
    network LowCardinality(String) COMMENT 'the network',
    trend String COMMENT 'its first trend with the topic of the incident, at the time of the incident or in the day before',
    url String COMMENT 'where the network shows it',
    appeared_at Nullable(DateTime64(3, 'UTC')) COMMENT 'since when it trends; NULL where nobody knows',
    told_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when banwatch first told a channel of the incident; NULL where nobody was told',
    detected_at DateTime('UTC') COMMENT 'when banwatch found the incident, in the time of the posts',
    lead_minutes Nullable(Float64)
        COMMENT 'minutes from our telling, or from our finding where nobody was told, to the trend: below 0, the network was first; NULL where nobody knows'
)
AS
SELECT
    incident,
    network,
    first.3 AS trend,
    first.4 AS url,
    first.5 AS appeared_at,
    told_at,
    detected_at,
    dateDiff('second', ifNull(told_at, toDateTime64(detected_at, 3, 'UTC')), appeared_at) / 60 AS lead_minutes
FROM
(
    SELECT
        incident,
        any(detected_at) AS detected_at,
        network,
        -- Of two servers, one that nobody knows the beginning of comes first: it may have been the first.
        min((own.5 IS NOT NULL, own.1, own.3, own.4, own.5)) AS first
    FROM
    (
        SELECT
            incidents.id AS incident,
            any(incidents.detected_at) AS detected_at,
            trends.network AS network,
            -- Within one server the looks decide: what was seen later, as after a restart, was not the first.
            min((
                least(ifNull(trends.appeared_at, trends.first_seen), trends.first_seen),
                trends.appeared_at IS NOT NULL,
                trends.name,
                trends.url,
                trends.appeared_at
            )) AS own
        FROM incidents
        CROSS JOIN trends
        WHERE has(trends.topics, incidents.topic)
            AND trends.last_seen >= incidents.start
            AND ifNull(trends.appeared_at, trends.first_seen) >= incidents.start - INTERVAL 1 DAY
            AND ifNull(trends.appeared_at, trends.first_seen)
                < ifNull(incidents.`end`, incidents.detected_at + INTERVAL 1 DAY) + INTERVAL 12 HOUR
        GROUP BY incident, network, trends.server
    )
    GROUP BY incident, network
) AS compared
LEFT JOIN
(
    SELECT conversation AS incident, toNullable(min(at)) AS told_at FROM deliveries WHERE reason = 'sent' GROUP BY incident
) AS told USING (incident)
COMMENT 'by incident and network: whether banwatch or the network''s list of trends was first';
