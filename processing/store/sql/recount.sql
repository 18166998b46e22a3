INSERT INTO count_versions
SELECT
    minute,
    topic,
    language,
    source,
    sum(posts) AS posts,
    sum(authors) AS authors,
    sum(backfilled) AS backfilled,
    sum(deleted) AS deleted,
    -- Rows older than their version by minutes would escape those who sum minutes up: see rollup.py.
    {version:UInt64}
        + throwIf(toUnixTimestamp64Micro(now64(6)) > {version:UInt64} + 60000000, 'The recount begins too late')
        AS version
FROM
(
    SELECT
        toStartOfMinute(created_at) AS minute,
        arrayJoin(arrayConcat(topics, ['*'])) AS topic,
        language,
        source,
        count() AS posts,
        uniqExact(if(author = '', concat('\0', id), author)) AS authors,
        countIf(backfill) AS backfilled,
        countIf(deleted) AS deleted
    FROM post_versions FINAL
    WHERE toStartOfMinute(created_at) IN {minutes:Array(DateTime('UTC'))}
    GROUP BY minute, topic, language, source
    UNION ALL
    -- A bucket that no post falls into any more is written as zero, so that its old count does not stay.
    SELECT minute, topic, language, source, 0, 0, 0, 0
    FROM count_versions FINAL
    WHERE minute IN {minutes:Array(DateTime('UTC'))} AND posts > 0
)
GROUP BY minute, topic, language, source
SETTINGS max_execution_time = 120, do_not_merge_across_partitions_select_final = 1
