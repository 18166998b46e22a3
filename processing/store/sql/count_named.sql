SELECT count()
FROM post_versions FINAL
WHERE source = {source:String}
    AND (
        id IN {ids:Array(String)}
        -- An author may come back: what was both written and seen after the deletion stays.
        OR ({all_until:Int64} > 0 OR author IN {authors:Array(String)})
            AND toUnixTimestamp64Milli(least(created_at, seen_at))
                <= greatest({all_until:Int64}, {times:Array(Int64)}[indexOf({authors:Array(String)}, author)])
    )
    AND NOT deleted
