-- The two users of banwatch on a ClickHouse server of your own. Run it once, before `banwatch migrate`, as a user that
-- may manage access (clickhouse-client --multiquery < users.sql), with the two passwords replaced.
--
-- The embedded warehouse reads the grants below and holds its reader to them (deploy/embedded/chdb_http/policy/allowed.py).

CREATE DATABASE IF NOT EXISTS banwatch;

-- Limits that the reader may lower and never raise: with readonly = 1 only what is CHANGEABLE_IN_READONLY can be set
-- at all, and that within MIN and MAX. Grafana, JDBC and notebooks send such settings with every query.
CREATE SETTINGS PROFILE IF NOT EXISTS banwatch_reader SETTINGS
    readonly = 1 CONST,
    allow_ddl = 0 CONST,
    allow_introspection_functions = 0 CONST,
    max_execution_time = 30 MIN 1 MAX 30 CHANGEABLE_IN_READONLY,
    timeout_before_checking_execution_speed = 0 CONST,
    max_memory_usage = 2000000000 MIN 1 MAX 2000000000 CHANGEABLE_IN_READONLY,
    max_memory_usage_for_user = 8000000000 CONST,
    max_rows_to_read = 2000000000 MIN 1 MAX 2000000000 CHANGEABLE_IN_READONLY,
    max_bytes_to_read = 200000000000 MIN 1 MAX 200000000000 CHANGEABLE_IN_READONLY,
    max_result_rows = 1000000 MIN 1 MAX 1000000 CHANGEABLE_IN_READONLY,
    max_result_bytes = 1000000000 MIN 1 MAX 1000000000 CHANGEABLE_IN_READONLY,
    max_temporary_data_on_disk_size_for_query = 4000000000 CONST,
    max_concurrent_queries_for_user = 16 CONST,
    cancel_http_readonly_queries_on_client_close = 1 CONST,
    limit = 0 CHANGEABLE_IN_READONLY,
    session_timezone = 'UTC' CHANGEABLE_IN_READONLY,
    http_headers_progress_interval_ms = 100 CHANGEABLE_IN_READONLY,
    send_progress_in_http_headers = 0 CHANGEABLE_IN_READONLY;

-- Views that the writer creates run with the writer's rights, so that the reader needs none on the tables behind them.
CREATE SETTINGS PROFILE IF NOT EXISTS banwatch_writer SETTINGS
    default_normal_view_sql_security = 'DEFINER',
    default_view_definer = 'CURRENT_USER',
    async_insert = 0,
    -- Servers that share a database: a change of the schema does not wait for one that is away.
    distributed_ddl_output_mode = 'throw_only_active',
    session_timezone = 'UTC';

CREATE USER IF NOT EXISTS writer IDENTIFIED WITH sha256_password BY 'replace this' SETTINGS PROFILE 'banwatch_writer';
CREATE USER IF NOT EXISTS reader IDENTIFIED WITH sha256_password BY 'replace this too' DEFAULT DATABASE banwatch
    SETTINGS PROFILE 'banwatch_reader';

-- The second database is where `banwatch restore` builds before it swaps.
GRANT CREATE DATABASE, DROP DATABASE, SELECT, INSERT, ALTER, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE
    ON banwatch.* TO writer;
GRANT CREATE DATABASE, DROP DATABASE, SELECT, INSERT, ALTER, CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW, TRUNCATE, OPTIMIZE
    ON banwatch_restoring.* TO writer;
GRANT SET DEFINER ON writer TO writer;
GRANT TABLE ENGINE ON * TO writer;
GRANT SELECT ON system.parts TO writer;
GRANT SELECT ON system.disks TO writer;

-- What people and the dashboard read. No grant on sources (FILE, URL, S3, REMOTE ...) means no way out.
GRANT SELECT ON banwatch.posts TO reader;
GRANT SELECT ON banwatch.counts TO reader;
GRANT SELECT ON banwatch.count_hours TO reader;
GRANT SELECT ON banwatch.count_days TO reader;
GRANT SELECT ON banwatch.count_hours_with_zeros TO reader;
GRANT SELECT ON banwatch.spikes TO reader;
GRANT SELECT ON banwatch.incidents TO reader;
GRANT SELECT ON banwatch.claims TO reader;
GRANT SELECT ON banwatch.claim_posts TO reader;
GRANT SELECT ON banwatch.claim_runs TO reader;
GRANT SELECT ON banwatch.acknowledgements TO reader;
GRANT SELECT ON banwatch.silences TO reader;
GRANT SELECT ON banwatch.annotations TO reader;
GRANT SELECT ON banwatch.saved_queries TO reader;
GRANT SELECT ON banwatch.notifications TO reader;
GRANT SELECT ON banwatch.source_health TO reader;
GRANT SELECT ON banwatch.watch_progress TO reader;
GRANT SELECT ON banwatch.deliveries TO reader;
GRANT SELECT ON banwatch.count_minutes_unsummed TO reader;
GRANT SELECT ON banwatch.retags TO reader;
GRANT SELECT ON banwatch.tombstones TO reader;
GRANT SELECT ON banwatch.purges TO reader;
GRANT SELECT ON banwatch.retention TO reader;
GRANT SELECT ON banwatch.rejected TO reader;
GRANT SELECT ON banwatch.disk_space TO reader;
GRANT SELECT ON banwatch.broker_memory TO reader;
GRANT SELECT ON banwatch.alike TO reader;
GRANT SELECT ON banwatch.trends TO reader;
GRANT SELECT ON banwatch.trend_leads TO reader;
-- The page asks here which hours, topics and sources there are at all: counts without a text, and twice as fast.
GRANT SELECT ON banwatch.count_versions TO reader;
GRANT SELECT ON banwatch.count_hour_versions TO reader;
GRANT SELECT ON banwatch.count_day_versions TO reader;
GRANT SELECT ON banwatch.roll_up_versions TO reader;
GRANT SHOW TABLES, SHOW COLUMNS ON banwatch.* TO reader;
-- The words that the page SQL completes.
GRANT SELECT ON system.keywords TO reader;
