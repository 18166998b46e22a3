"""A reader who means harm: each attempt ends in one sentence or at a limit, and the service goes on answering."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.integration.test_warehouse.conftest import Run, Warehouse, start, stop, wait_until_ready
from tests.support.waiting import free_port

pytestmark = pytest.mark.long

EXCEPTION = "X-ClickHouse-Exception-Code"
SECRET = "opensesame"
NEAR = "http://127.0.0.1:1/x.csv"
AT_ONCE = {"max_execution_time": "1"}
"""A limit of the reader's own, below that of the warehouse: what is to be cut is cut soon."""


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("outside") / "secret.csv"
    path.write_text(f"{SECRET},1\n")
    return path


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """One with low limits."""
    limits = {"seconds": 20, "memory_bytes": 200_000_000, "read_rows": 300_000_000, "result_rows": 100_000}
    running = start(tmp_path_factory.mktemp("warehouse"), free_port(), limits=limits)
    wait_until_ready(running)
    with closing(running.client()) as client:
        client.command("CREATE DATABASE tried")
        client.command("CREATE TABLE tried.guarded (a UInt64, text String) ENGINE = MergeTree ORDER BY a")
        client.command("INSERT INTO tried.guarded SELECT number, 'x' FROM numbers(100000)")
        client.command("CREATE TABLE tried.hidden ENGINE = MergeTree ORDER BY text AS SELECT 'opensesame' AS text")
        client.command("CREATE VIEW tried.shown AS SELECT * FROM tried.guarded")
    yield running
    assert running.post("SELECT count() FROM tried.guarded").text == "100000\n"
    status, said = stop(running)
    assert status == 0, said


WRITES = [
    "INSERT INTO guarded VALUES (1, 'x')",
    "INSERT INTO guarded SELECT 1, 'x'",
    "INSERT INTO FUNCTION file('/tmp/banwatch-never.csv') SELECT 1",
    "INSERT INTO FUNCTION remote('127.0.0.1:1', 'default', 'guarded') VALUES (1, 'x')",
    "insert/**/into guarded format CSV\n1,x\n",
    "WITH 1 AS one INSERT INTO guarded SELECT one, 'x'",
    "UPDATE guarded SET text = 'y' WHERE 1",
    "ALTER TABLE guarded UPDATE text = 'y' WHERE 1",
    "DELETE FROM guarded WHERE 1",
    "TRUNCATE DATABASE default",
    "EXCHANGE TABLES guarded AND shown",
    "DETACH TABLE guarded",
    "ATTACH TABLE guarded",
    "UNDROP TABLE guarded",
]
DEFINITIONS = [
    "CREATE TABLE made ENGINE = File(CSV, '{secret}')",
    "CREATE TABLE made (a String) ENGINE = URL('http://127.0.0.1:1/', CSV)",
    "CREATE TABLE made (a String) ENGINE = Executable('cat', CSV)",
    "CREATE TEMPORARY TABLE made AS SELECT 1",
    "CREATE VIEW made AS SELECT * FROM file('{secret}')",
    "CREATE MATERIALIZED VIEW made ENGINE = Memory AS SELECT 1",
    "CREATE DICTIONARY made (a String) PRIMARY KEY a SOURCE(FILE(PATH '{secret}' FORMAT CSV)) LAYOUT(FLAT())",
    "CREATE DATABASE made ENGINE = Filesystem('/')",
    "CREATE NAMED COLLECTION made AS url = 'http://127.0.0.1:1/'",
    "CREATE FUNCTION made AS x -> file(x)",
    "CREATE USER made",
    "CREATE ROLE made",
    "CREATE SETTINGS PROFILE made SETTINGS readonly = 0",
    "ALTER USER default SETTINGS readonly = 0",
    "BACKUP DATABASE default TO Memory('x')",
    "RESTORE DATABASE default FROM File('/tmp/x')",
    "EXECUTE AS writer SELECT 1",
    "SET ROLE ALL",
    "BEGIN TRANSACTION",
]
WAYS_OUT = [
    "SELECT * FROM file('{secret}', 'CSV', 'a String, b UInt8')",
    "SELECT * FROM FILE('{secret}')",
    "SELECT * FROM `file`('{secret}')",
    "SELECT * FROM \"fi\\x6ce\"('{secret}')",
    "SELECT * FROM fi/**/le('{secret}')",
    "WITH t AS (SELECT * FROM file('{secret}')) SELECT * FROM t",
    "SELECT (SELECT file('{secret}'))",
    "SELECT 1 WHERE 'opensesame' IN file('{secret}', 'CSV', 'a String')",
    "SELECT 1 WHERE 'opensesame' IN (SELECT a FROM file('{secret}', 'CSV', 'a String'))",
    "SELECT b FROM format(CSV, 'a UInt8, b String ALIAS file(''{secret}'')', '1')",
    "SELECT b FROM format(CSV, concat('a UInt8, b String ALIAS fi', 'le(''{secret}'')'), '1')",
    "SELECT 1 IN format(CSV, 'a UInt8, b String DEFAULT file(''{secret}'')', '1')",
    "SELECT b FROM values('a UInt8, b String DEFAULT file(''{secret}'')', (1, ''))",
    "SELECT b FROM values(concat('a UInt8, b String DEFA', 'ULT file(''{secret}'')'), (1, ''))",
    "SELECT b FROM values({structure:String}, (1, ''))",
    "SELECT b FROM VALUES('a UInt8, b String MATERIALIZED file(''{secret}'')', (1))",
    "WITH 'a UInt8, b String ALIAS file(''{secret}'')' AS s SELECT b FROM values(s, (1))",
    "SELECT 1 IN values('a UInt8 DEFAULT length(file(''{secret}''))', (1))",
    "SELECT * FROM (SELECT '{secret}' AS p) ORDER BY file(p)",
    "SELECT * APPLY file FROM (SELECT '{secret}')",
    "SELECT * APPLY(x -> file(x)) FROM (SELECT '{secret}')",
    "SELECT COLUMNS('p') APPLY file FROM (SELECT '{secret}' AS p)",
    "SELECT arrayMap(file, ['{secret}'])",
    "EXPLAIN SELECT * FROM file('{secret}')",
    "EXPLAIN ESTIMATE SELECT * FROM file('{secret}')",
    "EXPLAIN TABLE OVERRIDE mysql('127.0.0.1:1', 'a', 'b', 'c', 'd') COLUMNS (a UInt8)",
    "EXPLAIN AST SELECT 1 FROM file('{secret}') FORMAT Null",
    "SELECT * FROM (EXPLAIN SELECT * FROM file('{secret}'))",
    "SELECT * FROM viewExplain('EXPLAIN', '', (SELECT 1))",
    "DESCRIBE file('{secret}') FORMAT JSON",
    "DESCRIBE (SELECT * FROM file('{secret}'))",
    "SELECT * FROM guarded INTO OUTFILE '{secret}.out'",
    "SELECT * FROM guarded INTO /* */ OUTFILE '{secret}.out' TRUNCATE FORMAT CSV",
    "SELECT * FROM guarded FROM INFILE '{secret}'",
    "SELECT * FROM infile('{secret}')",
    "SELECT * FROM input('a String') FORMAT CSV",
    "SELECT * FROM generateRandom('a UInt64')",
    "SELECT * FROM fuzzJSON('{{}}')",
    "SELECT * FROM fuzzQuery('SELECT 1', 500, 8956)",
    "SELECT * FROM eval('SELECT 1')",
    "SELECT * FROM loop(guarded)",
    "SELECT * FROM null('a UInt8')",
    "SELECT * FROM dictionary('x')",
    "SELECT * FROM filesystem('/')",
    "SELECT * FROM url('{near}', 'CSV', 'a String')",
    "SELECT * FROM urlCluster('default', '{near}', 'CSV', 'a String')",
    "SELECT * FROM remote('127.0.0.1:1', system.one)",
    "SELECT * FROM remoteSecure('127.0.0.1:1', 'system', 'one')",
    "SELECT * FROM cluster('default', view(SELECT 1))",
    "SELECT * FROM clusterAllReplicas('default', system.one)",
    "SELECT * FROM executable('cat', CSV, 'a String')",
    "SELECT * FROM jdbc('jdbc:x', 'a', 'b')",
    "SELECT * FROM odbc('DSN=x', 'a', 'b')",
    "SELECT * FROM s3('{near}', 'CSV')",
    "SELECT * FROM s3Cluster('default', '{near}', 'CSV')",
    "SELECT * FROM gcs('{near}', 'CSV')",
    "SELECT * FROM hdfs('hdfs://127.0.0.1:1/x', 'CSV', 'a String')",
    "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "SELECT * FROM postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "SELECT * FROM mongodb('127.0.0.1:1', 'a', 'b', 'c', 'd', 'e String')",
    "SELECT * FROM redis('127.0.0.1:1', 'a', 'a String')",
    "SELECT * FROM sqlite('{secret}', 't')",
    "SELECT * FROM azureBlobStorage('{near}', 'a', 'b')",
    "SELECT * FROM iceberg('{near}')",
    "SELECT * FROM icebergLocal('/tmp')",
    "SELECT * FROM deltaLake('{near}')",
    "SELECT * FROM deltaLakeLocal('/tmp')",
    "SELECT * FROM hudi('{near}')",
    "SELECT * FROM paimonLocal('/tmp')",
    "SELECT * FROM bigquery('a', 'b', 'c')",
    "SELECT * FROM ytsaurus('{near}', 'a', 'b', 'c String')",
    "SELECT * FROM python(settings)",
    "SELECT * FROM prometheusQuery('default', 'up', now())",
    "SELECT * FROM arrowstream('{secret}')",
    "SELECT * FROM mergeTreeIndex(default, guarded)",
    "SELECT * FROM mergeTreeProjection(default, guarded, p)",
    "SELECT * FROM merge('system', 'processes')",
    "SELECT * FROM merge('^system$', '^users$')",
    "SELECT aiGenerate('collection', 'say something')",
    "SELECT AIGenerate('collection', 'say something')",
    "SELECT getServerSetting('user_files_path')",
    "SELECT getMacro('shard')",
    "SELECT showCertificate()",
    "SELECT * FROM '{secret}'",
    # A text that the engine computes: columns, parameters of an aggregate function, an argument that is parsed.
    "SELECT b FROM values('a String COMMENT \\' (alias \\', b String ALIAS file(\\'{secret}\\')', '1')",
    "SELECT b AS `x\n  y` FROM values('a String, b String ALIAS file(\\'{secret}\\')', '1')",
    "SELECT * FROM values('a String CODEC(file(\\'{secret}\\'))', '1')",
    "SELECT * FROM values('a String TTL file(\\'{secret}\\')', '1')",
    "SELECT * FROM values('a Int8) ENGINE = Memory AS SELECT file(\\'{secret}\\') --', '1')",
    "SELECT * FROM values('a Int8, CONSTRAINT c CHECK file(\\'{secret}\\')', '1')",
    "SELECT * FROM values('a AggregateFunction(quantile(length(file(\\'{secret}\\'))), Float64)', '1')",
    "SELECT * FROM values(({structure:String}), (1, ''))",
    "SELECT structureToProtobufSchema('a Int32 DEFAULT toInt32(file(\\'{secret}\\'))')",
    "SELECT structureToCapnProtoSchema('a Int32 DEFAULT toInt32(file(\\'{secret}\\'))')",
    "SELECT arrayReduce('quantile(length(file(\\'{secret}\\')))', [1, 2, 3])",
    "SELECT arrayReduce(concat('quantile(length(fi', 'le(\\'{secret}\\')))'), [1, 2, 3])",
    "SELECT arrayReduceInRanges('quantile(length(file(\\'{secret}\\')))', [(1, 2)], [1, 2, 3])",
    "SELECT initializeAggregation('quantile(length(file(\\'{secret}\\')))', 1)",
    "SELECT formatRow('CSV', file('{secret}'))",
    "WITH file AS f SELECT arrayMap(f, ['{secret}'])",
    "WITH file AS f SELECT f('{secret}')",
    "WITH x -> file(x) AS f SELECT f('{secret}')",
    "SELECT arrayMap({{f:Identifier}}, ['{secret}'])",
    "SELECT * FROM SQLStandardValues(file('{secret}'))",
    "SELECT * FROM (VALUES (file('{secret}')))",
    "SELECT * FROM default.`{secret}`",
    "SELECT 'x' IN default.`{secret}`",
    "DESCRIBE TABLE default.`{secret}`",
    "DESCRIBE TABLE `{secret}`",
    "DESCRIBE TABLE numbers(1)",
    "DESC (SELECT 1) , file('{secret}')",
    "DESC (SELECT file('{secret}'))",
    "/* */ DESC TABLE /* */ file('{secret}')",
    "SELECT 1 PARALLEL WITH SELECT file('{secret}')",
    "SELECT dictGet('default.d', 'a', 1)",
    "SELECT joinGet('default.guarded', 'a', 1)",
    "SELECT sumIf(length(file('{secret}')), 1)",
    "SELECT flameGraph(1)",
    # The name of a time zone, also inside a type, may be that of a file.
    "SELECT toDateTime(0, 'file:{secret}')",
    "SELECT toDateTime(0, 'FILE:{secret}')",
    "SELECT toDateTime(0, concat('fi', 'le:{secret}'))",
    "SELECT toDateTime(0, if(1, 'file:{secret}', ''))",
    "SELECT toDateTime(0, ['file:{secret}'][1])",
    "SELECT toDateTime(0, ('file:{secret}', 1).1)",
    "SELECT toDateTime(0, (SELECT 'file:{secret}'))",
    "WITH 'file:{secret}' AS z SELECT toDateTime(0, z)",
    "WITH reverse('terces/:elif') AS z, z AS y SELECT toDateTime(0, y)",
    "SELECT toDateTime(0, bitOr('f\\0l\\0:', '\\0i\\0e\\0'))",
    "SELECT toDateTime(0, toString('file:{secret}'))",
    "SELECT toDateTime(0, formatDateTime(now(), 'file:{secret}'))",
    "SELECT toDateTime(0, {structure:String})",
    "SELECT toDateTime(0) AT TIME ZONE 'file:{secret}'",
    "SELECT now('file:{secret}')",
    "SELECT now64(3, 'file:{secret}')",
    "SELECT addDays(now(), 1, 'file:{secret}')",
    "SELECT dateDiff('day', now(), now(), 'file:{secret}')",
    "SELECT toStartOfInterval(now(), INTERVAL 1 DAY, now(), 'file:{secret}')",
    "SELECT formatDateTime(now(), '%T', 'file:{secret}')",
    "SELECT toHour(now(), 'file:{secret}')",
    "SELECT parseDateTimeInJodaSyntax('2020-01-01 file:{secret}', 'yyyy-MM-dd z')",
    "SELECT CAST(0, 'DateTime(\\'file:{secret}\\')')",
    "SELECT CAST(0, 'DateTime(\\'\\\\x66ile:{secret}\\')')",
    "SELECT CAST(0, concat('DateTime(\\'fi', 'le:{secret}\\')'))",
    "SELECT 0::DateTime('file:{secret}')",
    "SELECT CAST(unhex('0100'), 'AggregateFunction(any, DateTime(\\'file:{secret}\\'))')",
    "SELECT CAST(unhex('00'), 'AggregateFunction(any, Dynamic)')",
    "SELECT defaultValueOfTypeName('DateTime(\\'file:{secret}\\')')",
    "SELECT JSONExtract('{{}}', 'a', 'DateTime(\\'file:{secret}\\')')",
    "SELECT * FROM values('a DateTime(\\'file:{secret}\\')', '2020-01-01 00:00:00')",
    "SELECT d.:`DateTime('file:{secret}')` FROM (SELECT 1::Dynamic AS d)",
    "SELECT {{t:DateTime('file:{secret}')}}",
    "SELECT * APPLY(now) FROM (SELECT 'file:{secret}')",
    # What a query gives to its own lambda, and to APPLY, is a constant where the query writes one.
    "WITH x -> now(x) AS f SELECT f('file:{secret}')",
    "WITH x -> toDateTime(0, x) AS f SELECT f(concat('fi', 'le:{secret}'))",
    "WITH x -> now(x.1) AS f SELECT f(('file:{secret}', 1))",
    "WITH x -> arrayMap(y -> now(x), [1]) AS f SELECT f('file:{secret}')",
    "WITH x -> x AS g, (g, v) -> g(v) AS f SELECT f(x -> now(x), 'file:{secret}')",
    "WITH lambda(tuple(x), now(x)) AS f SELECT f('file:{secret}')",
    "SELECT * REPLACE ('file:{secret}' AS dummy) APPLY(now) FROM system.one",
    "SELECT * REPLACE ('file:{secret}' AS dummy) APPLY(x -> toDateTime(0, x)) FROM system.one",
    "SELECT * REPLACE ('DateTime(\\'file:{secret}\\')' AS dummy) APPLY(defaultValueOfTypeName) FROM system.one",
]
PRYING = [
    "SELECT * FROM system.processes",
    "SELECT * FROM `system`.`processes`",
    'SELECT * FROM "sys\\x74em"."processes"',
    "SELECT * FROM system/**/./**/processes",
    "SELECT query FROM (SELECT * FROM system.processes)",
    "WITH p AS (SELECT * FROM system.query_log) SELECT * FROM p",
    "SELECT 'x' IN system.user_query_log",
    "SELECT * FROM view(SELECT * FROM system.processes)",
    "SELECT count() FROM guarded JOIN system.processes ON 1",
    "SELECT * FROM {table:Identifier}",
    "SELECT * FROM {database:Identifier}.{name:Identifier}",
    "DESCRIBE TABLE system.users",
    "EXPLAIN SELECT * FROM system.processes",
    "SELECT * FROM system.users",
    "SELECT * FROM system.server_settings",
    "SELECT * FROM system.named_collections",
    "SELECT * FROM system.user_directories",
    "SELECT * FROM system.disks",
    "SELECT * FROM system.stack_trace",
    "SELECT * FROM system.certificates",
    "SELECT * FROM system.backups",
    "SELECT * FROM system.errors",
    "SELECT * FROM system.session_query_ids",
    "SELECT * FROM system.statements",
    "SELECT * FROM system.query_cache",
    "SHOW PROCESSLIST",
    "SHOW USERS",
    "SHOW ACCESS",
    "SHOW GRANTS",
    "SHOW CREATE USER default",
    "CHECK TABLE guarded",
    "USE system",
    "USE `sys\\x74em`",
    "USE {database:Identifier}",
    "USE default",
    "EXISTS TABLE default.`/etc/shadow`",
    "EXISTS TABLE default.shadow",
    "EXISTS TABLE `/etc/shadow`",
    "EXISTS TABLE tried.`/etc/shadow`",
    "EXISTS DATABASE default",
    "SHOW TABLES FROM default",
    "SHOW COLUMNS FROM guarded FROM default",
    "SHOW COLUMNS FROM `/etc/shadow`",
    "SHOW CREATE TABLE default.`/etc/shadow`",
    "SELECT hasColumnInTable('default', '/etc/shadow', 'a')",
    "SELECT count() FROM tried.hidden",
    "SELECT count() FROM hidden",
    "SELECT 'x' IN hidden",
    "SELECT 'x' IN tried.hidden",
    "SELECT 'x' IN (SELECT text FROM hidden)",
    "WITH hidden AS (SELECT 1) SELECT * FROM hidden",
    "WITH hidden AS (SELECT * FROM hidden) SELECT * FROM hidden",
    "SELECT * FROM shown AS hidden JOIN hidden ON 1",
    "EXPLAIN ESTIMATE SELECT * FROM hidden",
    "WITH hidden AS h SELECT 'opensesame' IN h",
    "SELECT 'opensesame' IN h, hidden AS h",
    "WITH hidden AS g, g AS h SELECT 'opensesame' IN h",
    "SELECT `exists`(hidden)",
    "DESC (SELECT * FROM hidden)",
    "SELECT * FROM view(SELECT * FROM hidden)",
    "SELECT * FROM merge('tried', 'hidden')",
    "SELECT hostName()",
    "SELECT HOSTNAME()",
    "SELECT fqdn()",
    "SELECT serverUUID()",
    "SELECT uptime()",
    "SELECT tcpPort()",
    "SELECT getOSKernelVersion()",
    "SELECT filesystemCapacity()",
    "SHOW CLUSTERS",
    "SHOW FILESYSTEM CACHES",
    "SHOW MERGES",
    "SHOW DICTIONARIES",
]
OTHERS = [
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE guarded",
    "SELECT 1 /* ; */; -- \nDROP TABLE guarded",
    "SET readonly = 0; SELECT 1",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT * FROM guarded SETTINGS max_memory_usage = 0, max_execution_time = 0",
    "EXPLAIN SELECT 1 SETTINGS allow_ddl = 1",
    "SELECT 1 SETTINGS additional_table_filters = {'default.guarded': '1'}",
    "SELECT 1 SETTINGS format_schema = '/etc/passwd' FORMAT Protobuf",
    "SET format_template_row = '/etc/passwd'",
    "SYSTEM RELOAD CONFIG",
    "SYSTEM FLUSH LOGS",
    "SYSTEM DROP QUERY CACHE",
    "KILL QUERY WHERE 1 SYNC",
    "OPTIMIZE TABLE guarded FINAL",
    "",
    ";",
    "\0",
    "SELECT '",
    "SELECT 1 \0 FROM file('{secret}')",
    "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "SELECT " + "[" * 3000 + "]" * 3000,
    "SELECT " + "abs(" * 400 + "1" + ")" * 400,
    "SELECT " + "[" * 500 + "1" + "]" * 500,
    "SELECT " + "- " * 90_000 + "1",
    "SELECT " + "+".join(["1"] * 100_000),
    "SELECT " + "x" * 300_000,
    "SELECT 1 " + "UNION ALL SELECT 1 " * 10_000,
    "WITH " + ", ".join(f"(x{n}, x{n}) AS x{n + 1}" for n in range(40)) + " SELECT x40",
]
EXHAUSTING = [
    "SELECT count() FROM numbers(100000000) WHERE sipHash128(number, number) = ''",
    "SELECT count() FROM numbers(1000000000000)",
    "SELECT count() FROM guarded AS a CROSS JOIN guarded AS b WHERE sipHash64(a.a, b.a) = 1",
    "SELECT count() FROM guarded AS a JOIN guarded AS b ON a.text = b.text WHERE sipHash64(a.a, b.a) = 1",
    "SELECT groupArray(repeat('x', 1000)) FROM numbers(1000000)",
    "SELECT length(arrayWithConstant(1000000000, 'x'))",
    "SELECT length(repeat('x', 1000000000))",
    "SELECT sum(length(range(100000000)))",
    "SELECT uniqExact(number, toString(number)) FROM numbers(100000000)",
    "SELECT number FROM numbers(100000000) ORDER BY sipHash64(number) LIMIT 99999",
    "SELECT arrayJoin(range(1000)), arrayJoin(range(1001)), arrayJoin(range(1002))",
    "SELECT number FROM numbers(1000000)",
    "SELECT number FROM numbers(1000000) FORMAT JSON",
    "SELECT repeat('x', 1000000) FROM numbers(100000)",
    "SELECT sleepEachRow(1) FROM numbers(100)",
    "SELECT sleep(3), sleep(3)",
    "SELECT count() FROM numbers(1000000000000) WHERE match(repeat(toString(number), 50), '(a*)*(b*)*(c*)*$')",
    "SELECT match(repeat('a', 1000000), '((a{0,1000}){0,1000}){0,1000}$')",
    "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT max(n) FROM r",
    "SELECT * FROM primes(100000000)",
    "SELECT * FROM zeros(100000000)",
    "SELECT count() FROM (SELECT 1 FROM numbers(1000000000000) SETTINGS max_execution_time = 0, max_rows_to_read = 0)",
    "SELECT arrayFold((a, x) -> a + sipHash64(x), range(100000000), 0::UInt64)",
    "SELECT finalizeAggregation(CAST(unhex('ffffffffffff'), 'AggregateFunction(groupArray, String)'))",
]
PARAMETERS = {
    "param_table": "system.processes",
    "param_database": "system",
    "param_name": "processes",
    "param_structure": "a UInt8, b String DEFAULT file('/etc/passwd')",
}


def refused(warehouse: Warehouse, answer: httpx.Response) -> None:
    """One sentence for a person, nothing of the secret, and a service that answers."""
    assert EXCEPTION in answer.headers, answer.text[:300]
    assert answer.text.startswith(f"Code: {answer.headers[EXCEPTION]}. DB::Exception: ")
    assert "Stack trace" not in answer.text
    assert SECRET not in answer.text
    assert warehouse.post("SELECT count() FROM shown", "reader").text == "100000\n"


@pytest.mark.parametrize("text", WRITES + DEFINITIONS + WAYS_OUT + PRYING + OTHERS)
def test_what_a_reader_may_not_do_is_refused(warehouse: Warehouse, secret: Path, text: str) -> None:
    asked = text.replace("{secret}", str(secret)).replace("{near}", NEAR)
    refused(warehouse, warehouse.post(asked, "reader", **PARAMETERS))
    assert secret.read_text() == f"{SECRET},1\n"
    assert list(secret.parent.iterdir()) == [secret]
    assert not Path("/tmp/banwatch-never.csv").exists()


@pytest.mark.parametrize("text", EXHAUSTING)
def test_what_would_exhaust_is_cut(warehouse: Warehouse, text: str) -> None:
    answer = warehouse.post(text, "reader", wait_end_of_query="1", **AT_ONCE)
    refused(warehouse, answer)


def test_queries_that_no_kill_ends_keep_nobody_waiting(run_warehouse: Run, tmp_path: Path) -> None:
    """How long the warehouse waits for them depends on its own limit, not on that of the reader."""
    hasty = run_warehouse(tmp_path, limits={"seconds": 1})
    endless = (
        "SELECT sum(levenshteinDistance(repeat('a', 40000), repeat(toString(number % 7), 40000))) FROM numbers(10)"
    )
    with ThreadPoolExecutor(5) as pool:
        answers = [pool.submit(hasty.post, endless, "reader") for _ in range(5)]
        for answer in answers:
            assert answer.result().headers[EXCEPTION] == "159", answer.result().text
    assert hasty.post("SELECT 1", "reader").text == "1\n"


def test_system_is_not_made_current_by_url_or_header(warehouse: Warehouse) -> None:
    refused(warehouse, warehouse.post("SELECT query FROM processes", "reader", database="system"))
    header = {"X-ClickHouse-Database": "system"}
    with httpx.Client(auth=("reader", "reader's word"), headers=header) as http:
        refused(warehouse, http.post(warehouse.url, content="SELECT query FROM processes"))


def test_bytes_that_are_no_text_are_refused(warehouse: Warehouse) -> None:
    refused(warehouse, warehouse.post("SELECT toUInt8(unhex('ff')) FORMAT JSON", "reader"))
    refused(warehouse, warehouse.post(b"SELECT '\xff\xfe'", "reader"))
    refused(warehouse, warehouse.post(b"SELECT \xe2\x80\x9cfi\x6ce\xe2\x80\x9d('/etc/passwd')", "reader"))


@pytest.mark.parametrize(
    "name",
    [
        *("output_format_schema", "format_schema", "format_template_row", "send_logs_source_regexp"),
        *("output_format_orc_writer_time_zone_name", "session_timezone"),
    ],
)
def test_no_setting_names_a_file(warehouse: Warehouse, secret: Path, name: str) -> None:
    path = secret.parent / "written"
    refused(warehouse, warehouse.post("SELECT 1 AS a FORMAT Protobuf", "reader", **{name: f"file:{path}"}))
    assert not path.exists()


def test_no_text_is_read_for_longer_than_it_takes_to_arrive(warehouse: Warehouse) -> None:
    """Each takes minutes where an end that is not there is looked for again and again."""
    length = 250_000
    for text in (
        "SELECT 1 FORMAT '" + "\\'" * (length // 2),
        "SELECT 1 FORMAT " + "/*a" * (length // 3),
        "SELECT 1 FORMAT " + "".join(f"$a{number}$ " for number in range(length // 10)),
        "DESC shown" + " " * length + "SETTINGS max_threads = 1",
        "DESC (SELECT 1)" + " " * length + "SETTINGS max_threads = 1",
    ):
        refused(warehouse, warehouse.post(text, "reader"))


@pytest.mark.parametrize("name", ["session_timeout", "client_protocol_version"])
def test_a_number_without_end_is_refused(warehouse: Warehouse, name: str) -> None:
    refused(warehouse, warehouse.post("SELECT 1", "reader", **{name: "1" * 5_000}))


def test_a_reader_by_get_may_no_more_than_by_post(warehouse: Warehouse) -> None:
    for text in ("DROP TABLE guarded", "SET readonly = 0", "SELECT * FROM system.processes"):
        asked = {"query": text, "user": "reader", "password": "reader's word"}
        refused(warehouse, httpx.get(warehouse.url, params=asked))


def test_nothing_tells_of_this_machine(warehouse: Warehouse) -> None:
    asked = "SELECT data_paths, metadata_path, displayName() FROM system.tables WHERE database = 'tried' FORMAT TSV"
    lines = warehouse.post(asked, "reader").text.splitlines()
    assert len(lines) == 3
    assert all("banwatch" in line and str(Path.home()) not in line and "/tmp" not in line for line in lines)
    assert str(Path.cwd()) not in warehouse.post("SELECT * FROM system.databases", "reader").text


ORDINARY = [
    "SELECT count() FROM system.tables WHERE database = currentDatabase()",
    "SELECT count() > 0 FROM information_schema.columns",
    "SELECT format('{} {}', text, 'b') FROM shown LIMIT 1",
    "SELECT count() FROM shown WHERE text IN ('file', 'system.processes', 'url(')",
    "WITH top AS (SELECT a FROM shown ORDER BY a LIMIT 3) SELECT sum(a) FROM top",
    "SELECT arrayJoin([1, 2]) AS x UNION ALL SELECT 3",
    "SELECT a FROM view(SELECT 1 AS a)",
    "SELECT b FROM VALUES('a UInt8, b String', (1, 'file(x)'), (2, 'y'))",
    "SELECT match(text, '\\\\bx') FROM shown LIMIT 1",
    "EXPLAIN SELECT count() FROM shown",
    "DESCRIBE TABLE shown",
    "SHOW CREATE VIEW shown",
    "SHOW TABLES",
    "SHOW FULL COLUMNS FROM shown",
    "SHOW DATABASES",
    "EXISTS VIEW shown",
    "SELECT quantile(0.9)(a), uniq(text), topK(3)(text) FROM shown",
    "SELECT a, row_number() OVER (ORDER BY a) FROM shown LIMIT 2",
    "SELECT count() FROM shown AS l JOIN (SELECT 1 AS a) AS r USING (a)",
    "SELECT * FROM numbers(3) WHERE number IN (SELECT a FROM shown)",
    "SELECT (1, 'x') IN shown",
    "WITH (SELECT groupArray(a) FROM shown WHERE a < 3) AS list SELECT 2 IN list",
    "WITH top AS (SELECT 1 AS a) SELECT a FROM top UNION ALL SELECT a FROM top",
    "SELECT hidden FROM (SELECT 1 AS hidden)",
    "WITH x -> x + 1 AS following SELECT following(a) FROM shown LIMIT 1",
    "SELECT arrayReduce('quantiles(0.5, 0.9)', [1, 2, 3]), arrayReduce('sum', [1])",
    "SELECT countIfOrNull(a > 1), uniqExactIf(text, 1), avgOrDefaultIf(a, 1), quantilesTDigestIf(0.5)(a, 1) FROM shown",
    "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t (x, y)",
    "SELECT a, c FROM VALUES('a Tuple(x Int8, y String), c Enum8(''p'' = 1), d DateTime64(3, ''UTC'')',"
    " ((1, 'z'), 'p', '2020-07-10 16:00:00.000'))",
    '/* the tool\'s remark */ DESC TABLE "tried"."shown" FORMAT JSONCompact',
    "DESC (SELECT a, text FROM shown)",
    "SHOW FUNCTIONS LIKE 'sum%'",
    "SHOW SETTING max_threads",
    "SELECT tables.name FROM system.tables WHERE tables.database = 'tried'",
    "SELECT max(a) FROM shown WHERE NOT a IN (1, 2) AND text NOT LIKE 'y%' GROUP BY text WITH TOTALS LIMIT 1 BY text",
    "SELECT a FROM shown ORDER BY a WITH FILL FROM 1 TO 5 STEP 1 LIMIT 3 FORMAT CSVWithNames",
    "SELECT * EXCEPT (text), COLUMNS('^a') APPLY(toString) FROM shown LIMIT 1",
    "SELECT ((a)), (a + 1) AS b, CASE WHEN (a > 1) THEN 1 ELSE (0) END FROM shown WHERE ((a = 1) AND (text = 'x'))",
    "SELECT (tuple(1, 'x') AS t).1, INTERVAL (1 + 1) DAY, CAST((1 + 1) AS String), (1 + 1)::Float64, ([1, 2])[1]",
    "SELECT count() FROM shown AS l WHERE NOT EXISTS (SELECT 1 FROM shown WHERE a < 0)",
    "SELECT untuple((1, 2)), a AS b FROM shown WHERE b IN (SELECT a FROM shown) LIMIT 1",
    "WITH [1, 2] AS list SELECT a AS b FROM shown WHERE a IN list",
    "EXPLAIN indexes = 1, actions = 1 SELECT count() FROM shown WHERE a = 1",
    "EXPLAIN SELECT 1 FORMAT JSON",
    "SHOW TABLES FORMAT JSON",
    "SHOW COLUMNS FROM shown FORMAT JSONCompact",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_questions_are_answered(warehouse: Warehouse, text: str) -> None:
    answer = warehouse.post(text, "reader")
    assert EXCEPTION not in answer.headers, answer.text
    assert answer.text
