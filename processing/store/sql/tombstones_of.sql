-- Posts of these minutes that a tombstone names, with any version that still has a text.
WITH present AS
(
    SELECT
        source,
        id,
        least(created_at, seen_at) AS first_known,
        arrayJoin([
            sipHash64('post', source, id),
            sipHash64('author', source, author),
            sipHash64('source', source, source)
        ]) AS name
    FROM post_versions
    WHERE toStartOfMinute(created_at) IN {minutes:Array(DateTime('UTC'))} AND NOT deleted
)
SELECT DISTINCT source, id
FROM present
INNER JOIN
(
    SELECT name, source, kind, holds_until
    FROM tombstone_versions
    WHERE holds_until >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
        AND name IN (SELECT name FROM present)
    SETTINGS use_index_for_in_with_subqueries = 0
) AS gone USING (name, source)
-- An author may come back: what was both written and seen after the deletion stays.
WHERE gone.kind = 'post' OR present.first_known <= gone.holds_until
