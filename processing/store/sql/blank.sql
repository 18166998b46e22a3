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
-- The newest version that has a text, whatever came in between: an edit that arrives behind its post's deletion decides
-- the tags just as one that arrives before it, so the order of batches and replays does not matter. Of equal versions,
-- as a retag writes them, the last one that was written decides, as FINAL has it: the third part of a part's name is
-- the number of its last block.
FROM
(
    SELECT * EXCEPT (newest, _part)
    FROM
    (
        SELECT *, _part, max(version) OVER (PARTITION BY toStartOfMinute(created_at), source, id) AS newest
        FROM post_versions
        WHERE toStartOfMinute(created_at) IN {minutes:Array(DateTime('UTC'))}
            AND source = {source:String}
            AND (
                id IN {ids:Array(String)}
                -- An author may come back: what was both written and seen after the deletion stays.
                OR ({all_until:Int64} > 0 OR author IN {authors:Array(String)})
                    AND toUnixTimestamp64Milli(least(created_at, seen_at))
                        <= greatest({all_until:Int64}, {times:Array(Int64)}[indexOf({authors:Array(String)}, author)])
            )
    )
    WHERE NOT deleted AND {deletion:UInt64} + version > newest
    ORDER BY version DESC, toUInt64(splitByChar('_', _part)[3]) DESC
    LIMIT 1 BY toStartOfMinute(created_at), source, id
)
