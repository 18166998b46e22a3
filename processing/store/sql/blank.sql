INSERT INTO post_versions
SELECT * REPLACE (
    '' AS text,
    '' AS url,
    '' AS author,
    [] AS links,
    [] AS hashtags,
    '' AS reply_to,
    '' AS repost_of,
    true AS deleted,
    {deletion:UInt64} + version AS version
)
-- A query of its own, because a condition beside the new values would be asked of those.
FROM
(
    SELECT *
    FROM post_versions FINAL
    WHERE toStartOfMinute(created_at) IN {minutes:Array(DateTime('UTC'))}
        AND source = {source:String}
        AND (
            id IN {ids:Array(String)}
            -- An author may come back: what was both written and seen after the deletion stays.
            OR ({all_until:Int64} > 0 OR author IN {authors:Array(String)})
                AND toUnixTimestamp64Milli(least(created_at, seen_at))
                    <= greatest({all_until:Int64}, {times:Array(Int64)}[indexOf({authors:Array(String)}, author)])
        )
        AND NOT deleted
)
