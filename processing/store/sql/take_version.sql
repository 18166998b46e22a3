-- The next version, and how far the clock is behind the last one, 0 where it is not; in microseconds. By a millisecond
-- at least, so that versions are told apart in tables that keep a time to the millisecond for theirs.
WITH
    (SELECT max(version) FROM version_marks) AS last,
    toUInt64(toUnixTimestamp64Micro(now64(6))) AS clock
SELECT greatest(clock, last + 1000), if(last > clock, last - clock, 0), last = 0
