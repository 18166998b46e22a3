-- Versions with a text that stand below a deletion: FINAL hides them and the parts still hold them.
SELECT count()
FROM post_versions
WHERE toYYYYMM(created_at) = {month:UInt32}
    AND NOT deleted
    AND (toStartOfMinute(created_at), source, id) IN
    (
        SELECT toStartOfMinute(created_at), source, id
        FROM post_versions
        WHERE toYYYYMM(created_at) = {month:UInt32}
            AND deleted
            AND toStartOfMinute(created_at) IN (SELECT minute FROM erasures WHERE toYYYYMM(minute) = {month:UInt32})
    )
