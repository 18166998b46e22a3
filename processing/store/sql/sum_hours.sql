INSERT INTO count_hour_versions
SELECT hour, topic, language, source, sum(posts), sum(authors), sum(backfilled), sum(deleted), {version:UInt64}
FROM
(
    SELECT toStartOfHour(minute) AS hour, topic, language, source, posts, authors, backfilled, deleted
    FROM count_versions FINAL
    WHERE minute >= {from:DateTime('UTC')} AND minute < {to:DateTime('UTC')}
        AND toStartOfHour(minute) IN {starts:Array(DateTime('UTC'))}
    UNION ALL
    -- An hour that no post falls into any more is written as zero, so that its old sum does not stay.
    SELECT hour, topic, language, source, 0, 0, 0, 0
    FROM count_hour_versions FINAL
    WHERE hour IN {starts:Array(DateTime('UTC'))} AND posts > 0
)
GROUP BY hour, topic, language, source
