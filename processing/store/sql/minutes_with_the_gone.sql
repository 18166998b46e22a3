-- Of all posts with a text, those that any tombstone may name: whether it does is for `tombstones_of` to say.
SELECT DISTINCT toStartOfMinute(created_at) AS minute
FROM post_versions
WHERE NOT deleted
    AND (
        sipHash64('post', source, id) IN (SELECT name FROM tombstone_versions WHERE kind = 'post')
        OR sipHash64('author', source, author) IN (SELECT name FROM tombstone_versions WHERE kind = 'author')
        OR sipHash64('source', source, source) IN (SELECT name FROM tombstone_versions WHERE kind = 'source')
    )
ORDER BY minute
