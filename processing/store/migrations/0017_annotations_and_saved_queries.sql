-- What operators write on the page beside their answers to alerts. Every version is kept, with who wrote it and when.

CREATE TABLE annotation_versions
(
    incident String COMMENT 'id of the incident',
    id String COMMENT 'hash of incident, author and text: the same note is written once',
    by String COMMENT 'who wrote it',
    text String COMMENT 'free text',
    at DateTime64(3, 'UTC') COMMENT 'when'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (incident, id)
COMMENT 'notes that people wrote beside incidents';

CREATE VIEW annotations AS
SELECT * FROM annotation_versions FINAL
COMMENT 'notes that people wrote beside incidents';

CREATE TABLE saved_query_versions
(
    name String COMMENT 'name under which people find it',
    sql String COMMENT 'the query; empty where it was removed',
    by String COMMENT 'who saved or removed it',
    at DateTime64(6, 'UTC') COMMENT 'when'
)
ENGINE = ReplacingMergeTree(at)
ORDER BY (name, at)
COMMENT 'every version of the queries that people keep: also who replaced or removed one';

CREATE VIEW saved_queries AS
SELECT * FROM
(
    SELECT name, sql, by, at FROM saved_query_versions FINAL ORDER BY at DESC LIMIT 1 BY name
)
WHERE sql != ''
COMMENT 'queries that people keep under a name: the newest version of each';
