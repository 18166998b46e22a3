-- The claims of one incident, read without those of all others, and with the languages in the order of the page.
--
-- A filter on a view does not reach into the set of keys by which the posts are found, so every query read the posts of
-- all incidents. A parameter does.

DROP VIEW claims;

DROP VIEW claim_posts;

CREATE VIEW claim_posts
(
    incident String COMMENT 'id of the incident',
    claim String COMMENT 'name of the claim in the incident',
    source LowCardinality(String) COMMENT 'the network the post came from',
    id String COMMENT 'the post''s name in that network',
    created_at DateTime64(3, 'UTC') COMMENT 'event time; the author''s clock unless clock_replaced',
    language LowCardinality(String) COMMENT 'detected language, BCP 47; und when unknown',
    author String COMMENT 'empty where the source names none',
    url String COMMENT 'where the post can be read',
    text String COMMENT 'empty where its time is over',
    distance UInt16 COMMENT 'how far the post is from the middle of its claim, in hundredths: the nearest is its title',
    method LowCardinality(String) COMMENT 'how claims were found: a version, and the model that compared languages, if any'
) AS
SELECT
    placed.incident AS incident,
    placed.claim AS claim,
    post.source AS source,
    post.id AS id,
    post.created_at AS created_at,
    post.language AS language,
    post.author AS author,
    post.url AS url,
    post.text AS text,
    placed.distance AS distance,
    placed.method AS method
FROM
(
    SELECT source, id, minute, incident, claim, distance, method
    FROM claim_post_versions FINAL
    WHERE (incident = {incident:String} OR {incident:String} = '') AND claim != ''
) AS placed
INNER JOIN
(
    SELECT source, id, created_at, toStartOfMinute(created_at) AS minute, language, author, url, text
    FROM post_versions FINAL
    WHERE (toStartOfMinute(created_at), source, id) IN
        (
            SELECT minute, source, id FROM claim_post_versions
            WHERE incident = {incident:String} OR {incident:String} = ''
        )
        AND NOT deleted
) AS post ON placed.minute = post.minute AND placed.source = post.source AND placed.id = post.id
COMMENT 'which post makes which claim in an incident, one row a post: claim_posts(incident = ''its id''), or '''' for all incidents';

CREATE VIEW claims
(
    incident String COMMENT 'id of the incident',
    claim String COMMENT 'name of the claim in the incident',
    title String COMMENT 'text of the post nearest the middle of the claim; empty where its time is over',
    title_source LowCardinality(String) COMMENT 'the network of that post',
    title_id String COMMENT 'the name of that post in its network',
    title_language LowCardinality(String) COMMENT 'the language of that post',
    posts UInt64 COMMENT 'posts that make the claim',
    people UInt64 COMMENT 'their distinct authors; a post without one counts as an author of its own',
    share Float64 COMMENT 'of the incident''s posts that were compared, those that make the claim: 0..1',
    languages Array(String)
        COMMENT 'languages of at least three people and a 500th of the posts, or of a tenth of the posts; by their tenth post, those without one last, by their third person',
    first_at DateTime64(3, 'UTC') COMMENT 'created_at of the first post in the language that stands first',
    last_at DateTime64(3, 'UTC') COMMENT 'created_at of the last post',
    first_source LowCardinality(String) COMMENT 'the network of the first post',
    first_id String COMMENT 'the name of the first post in its network',
    first_url String COMMENT 'where the first post can be read',
    method LowCardinality(String) COMMENT 'how claims were found: a version, and the model that compared languages, if any',
    spoken Array(Tuple(language String, listed Bool, posts UInt64, people UInt64, third_person DateTime64(3, 'UTC'), tenth_post Nullable(DateTime('UTC')), first_at DateTime64(3, 'UTC'), first_source String, first_id String, first_url String, distance UInt16, title String))
        COMMENT 'by language, in the same order: whether it is listed in languages, its posts and people, when its third person, or the last of fewer, came, the minute of its tenth post, its first post, and the post nearest the middle of the claim'
) AS
SELECT
    incident,
    claim,
    middle.6 AS title,
    middle.4 AS title_source,
    middle.5 AS title_id,
    middle.7 AS title_language,
    of_claim AS posts,
    people,
    of_claim / sum(of_claim) OVER (PARTITION BY incident) AS share,
    arrayMap(each -> each.1, arrayFilter(each -> each.2, ordered)) AS languages,
    ordered[1].7 AS first_at,
    last_at,
    ordered[1].8 AS first_source,
    ordered[1].9 AS first_id,
    ordered[1].10 AS first_url,
    method,
    CAST(ordered, 'Array(Tuple(language String, listed Bool, posts UInt64, people UInt64, third_person DateTime64(3, ''UTC''), tenth_post Nullable(DateTime(''UTC'')), first_at DateTime64(3, ''UTC''), first_source String, first_id String, first_url String, distance UInt16, title String))') AS spoken
FROM
(
    SELECT
        incident,
        claim,
        min(nearest) AS middle,
        sum(written) AS of_claim,
        length(groupUniqArrayArray(who)) AS people,
        max(ended) AS last_at,
        max(by_method) AS method,
        arraySort(
            -- A few posts of a language may be mistaken for another language, or for another claim.
            each -> (NOT each.2, ifNull(each.6, toDateTime('2106-01-01', 'UTC')), each.5, each.1),
            arrayMap(
                each -> (
                    each.1,
                    each.1 != 'und' AND (each.2 * 10 >= of_claim OR each.3 >= greatest(3, of_claim / 500)),
                    each.2, each.3, each.4, each.5, each.6.1, each.6.2, each.6.3, each.6.4, each.7.2, each.7.6
                ),
                groupArray((language, written, length(who), arrived, tenth, begun, nearest))
            )
        ) AS ordered
    FROM
    (
        SELECT
            incident,
            claim,
            language,
            sum(of_person) AS written,
            groupArray(person) AS who,
            arraySort(groupArray(first_of_person.1))[least(3, count())] AS arrived,
            if(written < 10, NULL, toStartOfMinute(arraySort(groupArrayArray(times_of_person))[10])) AS tenth,
            min(first_of_person) AS begun,
            max(last_of_person) AS ended,
            min(nearest_of_person) AS nearest,
            max(method_of_person) AS by_method
        FROM
        (
            SELECT
                incident,
                claim,
                language,
                if(author = '', concat('-', id), author) AS person,
                count() AS of_person,
                groupArray(created_at) AS times_of_person,
                min((created_at, source, id, url)) AS first_of_person,
                max(created_at) AS last_of_person,
                min((text = '', distance, created_at, source, id, text, language)) AS nearest_of_person,
                max(method) AS method_of_person
            FROM claim_posts(incident = {incident:String})
            GROUP BY incident, claim, language, person
        )
        GROUP BY incident, claim, language
    )
    GROUP BY incident, claim
)
COMMENT 'what is said in an incident, and in which languages: claims(incident = ''its id''), or '''' for all incidents';
