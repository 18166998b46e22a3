-- An hour is read from its sum or from its minutes. The views asked in each half of a UNION which hours have changed
-- since they were summed up; a recount between the two put an hour into both halves, or into none. Now they ask once:
-- every sum is read, and what was summed up at once, of the hours that have changed, stands above it.

-- Buckets that are empty by now are in it as zero, so that they stand above the sums of days, too.
CREATE VIEW count_hours_with_zeros AS
SELECT
    hour,
    topic,
    language,
    source,
    argMax(sums.posts, at_once) AS posts,
    argMax(sums.author_minutes, at_once) AS author_minutes,
    argMax(sums.backfilled, at_once) AS backfilled,
    argMax(sums.deleted, at_once) AS deleted
FROM
(
    SELECT hour, topic, language, source, posts, author_minutes, backfilled, deleted, false AS at_once
    FROM count_hour_versions FINAL
    UNION ALL
    SELECT
        toStartOfHour(minute) AS hour,
        topic,
        language,
        source,
        sum(count_versions.posts) AS posts,
        sum(count_versions.authors) AS author_minutes,
        sum(count_versions.backfilled) AS backfilled,
        sum(count_versions.deleted) AS deleted,
        true AS at_once
    FROM count_versions FINAL
    WHERE toStartOfHour(minute) IN (SELECT hour FROM count_minutes_unsummed)
    GROUP BY hour, topic, language, source
) AS sums
GROUP BY hour, topic, language, source
COMMENT 'as count_hours, with the buckets that have become empty';

DROP VIEW count_hours;
CREATE VIEW count_hours AS
SELECT hour, topic, language, source, posts, author_minutes, backfilled, deleted
FROM count_hours_with_zeros
WHERE posts > 0
COMMENT 'posts per hour, topic, language and source: summed up before, or now where a minute has changed since';

DROP VIEW count_days;
CREATE VIEW count_days AS
SELECT
    day,
    topic,
    language,
    source,
    argMax(sums.posts, at_once) AS posts,
    argMax(sums.author_minutes, at_once) AS author_minutes,
    argMax(sums.backfilled, at_once) AS backfilled,
    argMax(sums.deleted, at_once) AS deleted
FROM
(
    SELECT day, topic, language, source, posts, author_minutes, backfilled, deleted, false AS at_once
    FROM count_day_versions FINAL
    UNION ALL
    SELECT
        toStartOfDay(hour) AS day,
        topic,
        language,
        source,
        sum(hours.posts) AS posts,
        sum(hours.author_minutes) AS author_minutes,
        sum(hours.backfilled) AS backfilled,
        sum(hours.deleted) AS deleted,
        true AS at_once
    FROM count_hours_with_zeros AS hours
    WHERE toStartOfDay(hour) IN (SELECT toStartOfDay(hour) FROM count_minutes_unsummed)
    GROUP BY day, topic, language, source
) AS sums
GROUP BY day, topic, language, source
HAVING posts > 0
COMMENT 'posts per day, topic, language and source: summed up before, or now where a minute has changed since';
