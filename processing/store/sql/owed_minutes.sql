SELECT DISTINCT minute
FROM erasures
WHERE name IN
(
    SELECT sipHash64('post', {source:String}, arrayJoin({ids:Array(String)}))
    UNION ALL
    SELECT sipHash64('author', {source:String}, arrayJoin({authors:Array(String)}))
    UNION ALL
    SELECT sipHash64('source', {source:String}, {source:String}) WHERE {all_until:Int64} > 0
)
