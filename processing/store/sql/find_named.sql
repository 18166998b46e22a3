-- Any version that still has a text, newest or not: what is blanked but not yet off the disk is found again.
-- Three searches, because no skip index can narrow down `this id or that author`.
SELECT toStartOfMinute(created_at) AS minute
FROM post_versions
WHERE source = {source:String} AND id IN {ids:Array(String)} AND NOT deleted
UNION DISTINCT
SELECT toStartOfMinute(created_at) AS minute
FROM post_versions
WHERE source = {source:String}
    AND author IN {authors:Array(String)}
    AND toUnixTimestamp64Milli(least(created_at, seen_at))
        <= {times:Array(Int64)}[indexOf({authors:Array(String)}, author)]
    AND NOT deleted
UNION DISTINCT
SELECT toStartOfMinute(created_at) AS minute
FROM post_versions
WHERE source = {source:String}
    AND {all_until:Int64} > 0
    AND toUnixTimestamp64Milli(least(created_at, seen_at)) <= {all_until:Int64}
    AND NOT deleted
