INSERT INTO count_day_versions
SELECT day, topic, language, source, sum(posts), sum(author_minutes), sum(backfilled), sum(deleted), {version:UInt64}
FROM
(
    SELECT toStartOfDay(hour) AS day, topic, language, source, posts, author_minutes, backfilled, deleted
    FROM count_hour_versions FINAL
    WHERE hour >= {from:DateTime('UTC')} AND hour < {to:DateTime('UTC')}
        AND toStartOfDay(hour) IN {starts:Array(DateTime('UTC'))}
    UNION ALL
    SELECT day, topic, language, source, 0, 0, 0, 0
    FROM count_day_versions FINAL
    WHERE day IN {starts:Array(DateTime('UTC'))} AND posts > 0
)
GROUP BY day, topic, language, source
