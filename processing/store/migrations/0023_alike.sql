-- Who posted alike in an incident: pairs of accounts that posted the same thing within seconds of each other, again and
-- again (Righetti and Balluff, CooRTweet). It is read from the posts at each query, so what is deleted is not in it.

CREATE VIEW alike
(
    source_a LowCardinality(String) COMMENT 'network of the one account',
    author_a String COMMENT 'the one account',
    source_b LowCardinality(String) COMMENT 'network of the other account',
    author_b String COMMENT 'the other account',
    times UInt64 COMMENT 'pairs of a post of the one and a post of the other with the same content within the seconds',
    posts_a UInt64 COMMENT 'posts of the one account in these pairs',
    posts_b UInt64 COMMENT 'posts of the other account in these pairs',
    kinds Array(String) COMMENT 'what was the same: link, text (its letters), hashtags (three or more, in their order)',
    apart Float64 COMMENT 'seconds between the two posts of a pair, on average',
    expected Float64 COMMENT 'times that chance makes likely, from what both posted and from the pace of the whole incident',
    chance Float64
        COMMENT 'how many such pairs of accounts chance alone would make in the whole incident: below 0.05 it is more than chance',
    pairs Array(Tuple(kinds Array(String), at_a DateTime64(3, 'UTC'), id_a String, at_b DateTime64(3, 'UTC'), id_b String))
        COMMENT 'the pairs of posts, the earliest first, 50 at most'
)
AS
WITH
    -- The posts of the incident in people's own words: a repost is a word for somebody else's, and the network says so.
    told AS
    (
        SELECT source, author, id, created_at, text, links, hashtags, toUnixTimestamp64Milli(created_at) AS at
        FROM posts
        WHERE created_at >= (SELECT start FROM incidents WHERE id = {incident:String})
            AND created_at < ifNull((SELECT `end` FROM incidents WHERE id = {incident:String}), toDateTime('2106-01-01', 'UTC'))
            AND has(topics, (SELECT any(topic) FROM incidents WHERE id = {incident:String}))
            AND NOT deleted AND author != '' AND repost_of = ''
            -- This is read anew wherever it is named below, and an incident that goes on grows.
            AND created_at < (SELECT start FROM incidents WHERE id = {incident:String}) + INTERVAL 7 DAY
        ORDER BY created_at, source, id
        LIMIT 20000
    ),
    -- A row for each thing that a post shares. Who posted only once cannot do anything again.
    shares AS
    (
        SELECT source, author, id, at, object.1 AS kind, sipHash64(object.1, object.2) AS thing
        FROM
        (
            SELECT
                source,
                author,
                id,
                at,
                arrayMap(
                    link -> replaceRegexpAll(cutFragment(link), '[?&](utm_[a-z]+|fbclid|gclid|ref|ref_src|igshid)=[^&]*', ''),
                    links
                ) AS addresses,
                replaceRegexpAll(lowerUTF8(normalizeUTF8NFKC(text)), 'https?://\\S+|@[\\p{L}\\p{M}\\p{N}_.@-]*|[^\\p{L}\\p{M}@]+', '') AS letters,
                arrayMap(tag -> lowerUTF8(trimLeft(tag, '#')), hashtags) AS tags
            FROM (SELECT *, count() OVER (PARTITION BY source, author) AS posted FROM told)
            WHERE posted > 1
        )
        ARRAY JOIN
            arrayConcat(
                arrayMap(address -> ('link', address), arrayFilter(address -> address != '', arrayDistinct(addresses))),
                -- Of fewer letters, people say the same by chance: 40 Latin ones, 20 Arabic, 13 Chinese.
                if(length(letters) >= 40, [('text', letters)], []),
                if(length(tags) >= 3, [('hashtags', arrayStringConcat(tags, ' '))], [])
            ) AS object
    ),
    -- What more than fifty others share within the seconds spreads by itself and says nothing of two who share it.
    rare AS
    (
        SELECT *, intDiv(at, greatest({seconds:UInt16}, 1) * 1000) AS slot
        FROM
        (
            SELECT
                *,
                count() OVER (
                    PARTITION BY thing ORDER BY at
                    RANGE BETWEEN {seconds:UInt16} * 1000 PRECEDING AND {seconds:UInt16} * 1000 FOLLOWING
                ) AS near
            FROM shares
        )
        WHERE near <= 51
    ),
    together AS
    (
        SELECT
            least((a.source, a.author, a.at, a.id), (b.source, b.author, b.at, b.id)) AS one,
            greatest((a.source, a.author, a.at, a.id), (b.source, b.author, b.at, b.id)) AS other,
            groupUniqArray(a.kind) AS same
        FROM rare AS a
        INNER JOIN (SELECT *, arrayJoin([slot, slot - 1]) AS slot_before FROM rare WHERE near > 1) AS b
            ON a.thing = b.thing AND a.slot = b.slot_before
        WHERE a.near > 1 AND (a.at, a.source, a.id) < (b.at, b.source, b.id)
            AND b.at - a.at <= {seconds:UInt16} * 1000
            AND (a.source, a.author) != (b.source, b.author)
        GROUP BY one, other
    ),
    again AS
    (
        SELECT
            (one.1, one.2) AS account_a,
            (other.1, other.2) AS account_b,
            count() AS times,
            uniqExact(one.4) AS posts_a,
            uniqExact(other.4) AS posts_b,
            arraySort(arrayDistinct(arrayFlatten(groupArray(same)))) AS kinds,
            avg(abs(one.3 - other.3)) / 1000 AS apart,
            arraySlice(arraySort(groupArray((least(one.3, other.3), arraySort(same), one.3, one.4, other.3, other.4))), 1, 50) AS listed
        FROM together
        GROUP BY account_a, account_b
        HAVING times > 1
    ),
    -- What an account shared, to tell how often two would have met in what both shared, had each posted at the pace of
    -- the whole incident.
    held AS
    (
        SELECT (source, author) AS account, thing, uniqExact(id) AS posts FROM rare GROUP BY account, thing
    ),
    (
        SELECT least(1., 2 * greatest(sum(posts * (posts - 1)) / (sum(posts) * (sum(posts) - 1)), 1 / (max(slot) - min(slot) + 1)))
        FROM (SELECT intDiv(at, greatest({seconds:UInt16}, 1) * 1000) AS slot, count() AS posts FROM told GROUP BY slot)
    ) AS pace,
    (
        SELECT sum(accounts * (accounts - 1) / 2) FROM (SELECT uniqExact(account) AS accounts FROM held GROUP BY thing)
    ) AS compared
SELECT
    account_a.1 AS source_a,
    account_a.2 AS author_a,
    account_b.1 AS source_b,
    account_b.2 AS author_b,
    any(again.times) AS times,
    any(again.posts_a) AS posts_a,
    any(again.posts_b) AS posts_b,
    any(again.kinds) AS kinds,
    any(again.apart) AS apart,
    ifNull(pace, 1) * sum(a.posts * b.posts) AS expected,
    -- The chance of at least m meetings where e are expected is below e^m / m!.
    ifNull(compared, 0)
        * least(1, exp(least(posts_a, posts_b) * log(expected) - lgamma(least(posts_a, posts_b) + 1))) AS chance,
    arrayMap(
        each -> (each.2, fromUnixTimestamp64Milli(each.3, 'UTC'), each.4, fromUnixTimestamp64Milli(each.5, 'UTC'), each.6),
        any(again.listed)
    ) AS pairs
FROM again
INNER JOIN held AS a ON a.account = again.account_a
INNER JOIN held AS b ON b.account = again.account_b AND b.thing = a.thing
GROUP BY account_a, account_b
COMMENT 'pairs of accounts that posted the same thing within seconds of each other at least twice in one incident (in its first seven days, and its first 20,000 posts): alike(incident = ''its id'', seconds = 10)';
