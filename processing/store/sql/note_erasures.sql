INSERT INTO erasures (name, minute, at)
SELECT DISTINCT
    arrayJoin(arrayConcat(
        if(id IN {ids:Array(String)}, [sipHash64('post', source, id)], []),
        if(author IN {authors:Array(String)}, [sipHash64('author', source, author)], []),
        if({all_until:Int64} > 0, [sipHash64('source', source, source)], [])
    )),
    toStartOfMinute(created_at),
    {at:DateTime64(3, 'UTC')}
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
    AND NOT deleted
