-- Whether any tombstone names a post of these minutes or its author: hardly ever, so this is all that a batch costs.
SELECT count()
FROM tombstone_versions
WHERE holds_until >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
    AND name IN
    (
        SELECT arrayJoin([
            sipHash64('post', source, id),
            sipHash64('author', source, author),
            sipHash64('source', source, source)
        ])
        FROM post_versions
        WHERE toStartOfMinute(created_at) IN {minutes:Array(DateTime('UTC'))} AND NOT deleted
    )
-- Nearly every granule has one of thousands of scattered names: looking each up costs more than reading them all.
SETTINGS use_index_for_in_with_subqueries = 0
