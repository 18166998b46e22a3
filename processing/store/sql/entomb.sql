-- A post is gone whatever time its deletion gives, so its tombstone holds for all that was written by now and a day
-- more for clocks that run ahead. By the day, so that a redelivery writes the same row.
INSERT INTO tombstone_versions (kind, name, source, holds_until)
SELECT 'post', sipHash64('post', {source:String}, id), {source:String}, toStartOfDay({now:DateTime64(3, 'UTC')}) + INTERVAL 2 DAY
FROM (SELECT arrayJoin({ids:Array(String)}) AS id)
UNION ALL
SELECT
    'author',
    sipHash64('author', {source:String}, each.1),
    {source:String},
    fromUnixTimestamp64Milli(each.2, 'UTC')
FROM (SELECT arrayJoin(arrayZip({authors:Array(String)}, {times:Array(Int64)})) AS each)
UNION ALL
SELECT
    'source',
    sipHash64('source', {source:String}, {source:String}),
    {source:String},
    fromUnixTimestamp64Milli({all_until:Int64}, 'UTC')
WHERE {all_until:Int64} > 0
