-- Any version that still has a text, newest or not: what is blanked but not yet off the disk is found again.
SELECT DISTINCT toStartOfMinute(created_at)
FROM post_versions
WHERE source = {source:String}
    AND (id IN {ids:Array(String)} OR author IN {authors:Array(String)})
    AND (
        id IN {ids:Array(String)}
        -- An author may come back: what was both written and seen after the deletion stays.
        OR toUnixTimestamp64Milli(least(created_at, seen_at))
            <= {times:Array(Int64)}[indexOf({authors:Array(String)}, author)]
    )
    AND NOT deleted
