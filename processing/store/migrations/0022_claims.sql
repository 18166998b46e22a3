-- What is being said in an incident: its posts grouped into claims.
--
-- Texts and authors stay in post_versions alone. The views join them in, so a deleted post leaves every claim at once,
-- and a text whose time is over is gone here too.

CREATE TABLE claim_post_versions
(
    incident String COMMENT 'id of the incident',
    source LowCardinality(String) COMMENT 'the network the post came from',
    id String COMMENT 'the post''s name in that network',
    minute DateTime('UTC') COMMENT 'start of the minute of its created_at',
    claim String COMMENT 'name of the claim in the incident; empty where the post is in none any more',
    distance UInt16 COMMENT 'how far the post is from the middle of its claim, in hundredths: the nearest is its title',
    method LowCardinality(String) COMMENT 'how claims were found: a version, and the model that compared languages, if any',
    version UInt64 COMMENT 'server clock in microseconds ahead of the reading of the posts'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (incident, minute, source, id)
COMMENT 'every placing of every post in a claim';

CREATE VIEW claim_posts AS
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
    WHERE claim != ''
) AS placed
INNER JOIN
(
    SELECT source, id, created_at, toStartOfMinute(created_at) AS minute, language, author, url, text
    FROM post_versions FINAL
    WHERE (toStartOfMinute(created_at), source, id) IN (SELECT minute, source, id FROM claim_post_versions)
        AND NOT deleted
) AS post ON placed.minute = post.minute AND placed.source = post.source AND placed.id = post.id
COMMENT 'which post makes which claim in an incident: one row a post of an incident';

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
        COMMENT 'in the order in which the third person, or the last of fewer, said it: languages of at least three people and a 500th of the posts, or of a tenth of the posts',
    first_at DateTime64(3, 'UTC') COMMENT 'created_at of the first post',
    last_at DateTime64(3, 'UTC') COMMENT 'created_at of the last post',
    first_source LowCardinality(String) COMMENT 'the network of the first post',
    first_id String COMMENT 'the name of the first post in its network',
    first_url String COMMENT 'where the first post can be read',
    method LowCardinality(String) COMMENT 'how claims were found: a version, and the model that compared languages, if any'
) AS
SELECT
    incident,
    claim,
    title,
    title_source,
    title_id,
    title_language,
    of_claim AS posts,
    people,
    of_claim / sum(of_claim) OVER (PARTITION BY incident) AS share,
    arrayMap(each -> each.2, arraySort(arrayFilter(
        each -> each.2 != 'und' AND (each.3 * 10 >= of_claim OR length(each.4) >= greatest(3, of_claim / 500)), spoken
    ))) AS languages,
    first_at,
    last_at,
    first_source,
    first_id,
    first_url,
    method
FROM
(
    SELECT
        incident,
        claim,
        min(nearest) AS middle,
        middle.6 AS title,
        middle.4 AS title_source,
        middle.5 AS title_id,
        middle.7 AS title_language,
        sum(written) AS of_claim,
        length(groupUniqArrayArray(who)) AS people,
        groupArray((arrived, language, written, who)) AS spoken,
        min(begun) AS first,
        first.1 AS first_at,
        max(ended) AS last_at,
        first.2 AS first_source,
        first.3 AS first_id,
        first.4 AS first_url,
        any(by_method) AS method
    FROM
    (
        SELECT
            incident,
            claim,
            language,
            sum(of_person) AS written,
            groupArray(person) AS who,
            arraySort(groupArray(first_of_person.1))[least(3, count())] AS arrived,
            min(first_of_person) AS begun,
            max(last_of_person) AS ended,
            min(nearest_of_person) AS nearest,
            any(method_of_person) AS by_method
        FROM
        (
            SELECT
                incident,
                claim,
                language,
                if(author = '', concat('-', id), author) AS person,
                count() AS of_person,
                min((created_at, source, id, url)) AS first_of_person,
                max(created_at) AS last_of_person,
                min((text = '', distance, created_at, source, id, text, language)) AS nearest_of_person,
                any(method) AS method_of_person
            FROM claim_posts
            GROUP BY incident, claim, language, person
        )
        GROUP BY incident, claim, language
    )
    GROUP BY incident, claim
)
COMMENT 'what is said in each incident, and in which languages';

CREATE TABLE claim_run_versions
(
    incident String COMMENT 'id of the incident',
    method LowCardinality(String) COMMENT 'how claims were found: a version, and the model that compared languages, if any',
    `until` DateTime('UTC') COMMENT 'event time of the last post that was read',
    posts UInt64 COMMENT 'posts of the incident with a text of their own',
    compared UInt64 COMMENT 'of these, those that were compared: all, up to a limit',
    waiting UInt64 COMMENT 'texts that are still to be compared with those of other languages',
    last Bool COMMENT 'the incident was closed when its posts were read: its claims are not looked for again',
    at DateTime64(3, 'UTC') COMMENT 'when that was done'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY incident
COMMENT 'every search for the claims of an incident';

CREATE VIEW claim_runs AS
SELECT * FROM claim_run_versions FINAL
COMMENT 'when the claims of each incident were last looked for, and in how many posts';
