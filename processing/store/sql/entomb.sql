-- A post is gone whatever time its deletion gives, so its tombstone holds for all that was written by now and a day
-- more for clocks that run ahead. By the day, so that a redelivery writes the same row.
INSERT INTO tombstone_versions (name, kind, source, holds_until)
WITH fromUnixTimestamp64Milli(each.2, 'UTC') AS deleted_at
SELECT
    sipHash64({kind:String}, {source:String}, each.1),
    {kind:String},
    {source:String},
    if({kind:String} = 'post', toDateTime64(toStartOfDay(greatest(deleted_at, now64(3, 'UTC')), 'UTC'), 3, 'UTC') + INTERVAL 2 DAY, deleted_at)
FROM (SELECT arrayJoin(arrayZip({names:Array(String)}, {times:Array(Int64)})) AS each)
