"""Worked questions: SQL over the stable views for questions that people ask. A test runs every query.

The times and the root topic are those of the demo, so each query works in `banwatch sql` on the demo's data. The
questions themselves, in every language, stand in `dashboard/i18n/messages/sql.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dashboard.services import ExampleQuery
from processing.contract import Corrects

_ID = re.compile(r"\{(root|left_out|claim|correction)\}")
"""The place of a topic's id in a query."""

_ABOUT_A_ROOT: tuple[ExampleQuery, ...] = (
    ExampleQuery(
        "surges",
        """SELECT start, peak, `end`, topic, severity, round(ratio, 1) AS times_normal, languages
FROM incidents
ORDER BY start DESC
LIMIT 10""",
    ),
    ExampleQuery(
        "made-by",
        """SELECT
    topic,
    language,
    start,
    observed,
    verdict,
    arrayFirst(figure -> figure.decisive, evidence).name AS decided_by,
    round(arrayFirst(figure -> figure.name = 'voices', evidence).value, 2) AS voices
FROM spikes
ORDER BY verdict = 'organic', start DESC, observed DESC
LIMIT 10""",
    ),
    ExampleQuery(
        "told",
        """SELECT
    notifications.conversation AS conversation,
    notifications.channel AS channel,
    notifications.step AS step,
    deliveries.at AS sent,
    dateDiff('second', notifications.at, deliveries.at) AS seconds_after,
    deliveries.attempt AS attempts,
    deliveries.message_id AS message_id
FROM notifications
INNER JOIN deliveries USING (key)
WHERE deliveries.reason = 'sent'
ORDER BY sent DESC
LIMIT 20""",
    ),
    ExampleQuery(
        "untold",
        """SELECT conversation, channel, argMax(reason, number) AS why, max(at) AS since
FROM notifications
WHERE conversation NOT LIKE '%:%'
GROUP BY conversation, channel
HAVING countIf(step != '') = 0
ORDER BY since DESC
LIMIT 20""",
    ),
    ExampleQuery(
        "languages",
        """SELECT language, sum(posts) AS posts, round(100 * posts / sum(posts) OVER (), 1) AS percent
FROM counts
WHERE topic = '{root}' AND toDate(minute) = '2020-07-10'
GROUP BY language
ORDER BY posts DESC""",
    ),
    ExampleQuery(
        "hashtags",
        """SELECT lowerUTF8(arrayJoin(hashtags)) AS hashtag, uniqExact(source, author) AS authors, count() AS posts
FROM posts
WHERE created_at >= '2020-07-10 16:00:00' AND created_at < '2020-07-10 17:00:00' AND has(topics, '{root}')
GROUP BY hashtag
ORDER BY authors DESC, posts DESC
LIMIT 10""",
    ),
    ExampleQuery(
        "share",
        """SELECT
    toStartOfHour(minute) AS hour,
    sumIf(posts, topic = '{root}') AS on_topic,
    sumIf(posts, topic = '*') AS everything,
    round(100 * on_topic / everything, 1) AS percent
FROM counts
WHERE toDate(minute) = '2020-07-10'
GROUP BY hour
ORDER BY hour""",
    ),
    ExampleQuery(
        "first-posts",
        """SELECT posts.created_at, posts.source, posts.language, posts.author, posts.text, posts.url
FROM posts
CROSS JOIN (SELECT topic, start FROM incidents ORDER BY score DESC LIMIT 1) AS incident
WHERE has(posts.topics, incident.topic) AND posts.created_at >= incident.start AND NOT posts.deleted
ORDER BY posts.created_at
LIMIT 10""",
    ),
    ExampleQuery(
        "domains",
        """SELECT domainWithoutWWW(arrayJoin(links)) AS site, count() AS times, uniqExact(source, author) AS authors
FROM posts
WHERE has(topics, '{root}') AND created_at >= '2020-07-06' AND created_at < '2020-07-13'
GROUP BY site
ORDER BY authors DESC, times DESC
LIMIT 10""",
    ),
    ExampleQuery(
        "deleted",
        """SELECT
    toDate(minute) AS day,
    source,
    sum(posts) AS written,
    sum(deleted) AS gone,
    round(100 * gone / written, 2) AS percent
FROM counts
WHERE topic = '{root}'
GROUP BY day, source
ORDER BY percent DESC, day, source
LIMIT 20""",
    ),
    ExampleQuery(
        "weeks",
        """SELECT
    toDayOfWeek(minute) AS weekday,
    sumIf(posts, minute < '2020-07-06') AS week_before,
    sumIf(posts, minute >= '2020-07-06') AS week,
    round((week + 1) / (week_before + 1), 2) AS ratio
FROM counts
WHERE topic = '{root}' AND minute >= '2020-06-29' AND minute < '2020-07-13'
GROUP BY weekday
ORDER BY weekday""",
    ),
    ExampleQuery(
        "concentration",
        """SELECT
    count() AS authors,
    sum(written) AS posts,
    round(100 * arraySum(arraySlice(arrayReverseSort(groupArray(written)), 1, 10)) / posts, 1) AS percent_of_top_ten
FROM
(
    SELECT source, author, count() AS written
    FROM posts
    WHERE has(topics, '{root}') AND author != '' AND toDate(created_at) = '2020-07-10'
    GROUP BY source, author
)""",
    ),
    ExampleQuery(
        "new-authors",
        """SELECT day, uniqExact(source, author) AS authors, uniqExactIf((source, author), day = first_day) AS new_ones
FROM
(
    SELECT source, author, toDate(created_at) AS day, min(day) OVER (PARTITION BY source, author) AS first_day
    FROM posts
    WHERE has(topics, '{root}') AND author != ''
)
GROUP BY day
ORDER BY day""",
    ),
    ExampleQuery(
        "freshness",
        """SELECT
    source,
    max(created_at) AS newest_post,
    count() AS posts,
    round(quantile(0.5)(greatest(0, dateDiff('second', created_at, seen_at)))) AS seconds_late
FROM posts
GROUP BY source
ORDER BY newest_post DESC""",
    ),
    ExampleQuery(
        "arabic",
        """SELECT
    toDate(created_at) AS day,
    count() AS posts,
    uniqExact(source, author) AS authors,
    countIf(position(text, '؟') > 0) AS questions
FROM posts
WHERE language = 'ar' AND has(topics, '{root}') AND NOT deleted
GROUP BY day
ORDER BY posts DESC
LIMIT 10""",
    ),
    ExampleQuery(
        "reasons",
        """SELECT arrayJoin(topics) AS other, count() AS posts, uniqExact(language) AS languages
FROM posts
WHERE has(topics, '{root}') AND other NOT IN ({left_out})
GROUP BY other
ORDER BY posts DESC, other""",
    ),
    ExampleQuery(
        "posted-alike",
        """SELECT
    author_a,
    author_b,
    times,
    kinds,
    round(apart, 1) AS seconds_apart,
    round(expected, 2) AS by_chance,
    chance < 0.05 AS beyond_chance
FROM alike(incident = (SELECT id FROM incidents WHERE topic = '{root}' ORDER BY observed DESC LIMIT 1), seconds = 60)
ORDER BY chance, times DESC
LIMIT 20""",
    ),
    ExampleQuery(
        "corrections",
        """SELECT
    language,
    countIf(NOT has(topics, '{correction}')) AS claims,
    countIf(has(topics, '{correction}')) AS corrections,
    round(100 * corrections / count(), 1) AS percent,
    minIf(created_at, has(topics, '{correction}')) AS first_correction
FROM posts
WHERE hasAny(topics, ['{claim}', '{correction}'])
    AND created_at >= '2020-07-10 16:00:00' AND created_at < '2020-07-11 16:00:00'
GROUP BY language
ORDER BY claims + corrections DESC""",
    ),
    ExampleQuery(
        "busiest",
        """SELECT language, argMax(bin, posts) AS busiest, max(posts) AS most
FROM
(
    SELECT language, toStartOfFiveMinutes(minute) AS bin, sum(posts) AS posts
    FROM counts
    WHERE topic = '{root}'
    GROUP BY language, bin
)
GROUP BY language
ORDER BY most DESC, language""",
    ),
    ExampleQuery(
        "series",
        """SELECT
    toStartOfFiveMinutes(minute) AS timestamp,
    sumIf(posts, topic = '{root}' AND language = 'ar') AS count,
    sumIf(posts, topic = '*') AS total
FROM counts
WHERE minute >= '2020-06-24' AND minute < '2020-07-14'
GROUP BY timestamp
ORDER BY timestamp WITH FILL
    FROM toDateTime('2020-06-24', 'UTC') TO toDateTime('2020-07-14', 'UTC') STEP INTERVAL 5 MINUTE""",
    ),
)


def questions(root: str, corrects: Sequence[Corrects] = (), unwatched: Sequence[str] = ()) -> tuple[ExampleQuery, ...]:
    """Return the questions about the watch list of a root topic. Ids have letters, digits and hyphens only.

    `corrects` are the corrections of all lists. A question about one is left out where the list has none. `unwatched`
    are topics that say how a post was found, and not what it is about.
    """
    ids = {"root": root, "left_out": ", ".join(f"'{each}'" for each in (root, *unwatched))}
    for each in corrects:
        if each.root == root:  # of several, the first in the taxonomy
            ids = {"claim": each.claim, "correction": each.topic} | ids
    return tuple(
        ExampleQuery(each.name, _ID.sub(lambda found: ids[found[1]], each.sql))
        for each in _ABOUT_A_ROOT
        if ids.keys() >= set(_ID.findall(each.sql))
    )


QUESTIONS = questions("ban", (Corrects("retraction", "employer-ban", "ban"),))
"""The questions about the demo's root topic."""
