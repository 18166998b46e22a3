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
    WHERE source = {source:String}
        AND (id IN {ids:Array(String)} OR author IN {authors:Array(String)})
        AND NOT deleted
)
