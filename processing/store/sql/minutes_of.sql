SELECT DISTINCT toStartOfMinute(created_at)
FROM post_versions FINAL
WHERE source = {source:String}
    AND (id IN {ids:Array(String)} OR author IN {authors:Array(String)})
