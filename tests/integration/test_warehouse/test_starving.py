"""Readers without manners: what they send is bounded, and the writer is answered meanwhile."""

from __future__ import annotations

import json
import re
import resource
import socket
import subprocess
import sys
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http import HTTPStatus
from pathlib import Path

import httpx
import lz4.frame
import pytest
import zstandard

from tests.benchmarks.warehouse_attacks import high_water
from tests.integration.test_warehouse.conftest import READER, ROOT, UNENCRYPTED, WRITER, Run, Warehouse
from tests.support.waiting import eventually, free_port

pytestmark = pytest.mark.long

EXCEPTION = "X-ClickHouse-Exception-Code"
TOO_LARGE = "223"
AUTH = ("reader", READER)


SETTINGS = """
import pathlib, sys
from pydantic import SecretStr
from deploy.embedded.chdb_http.settings import WarehouseSettings

settings = WarehouseSettings(
    directory=pathlib.Path(sys.argv[1]),
    writer_password=SecretStr("w"),
    reader_password=SecretStr(""),
    readable=frozenset(),
)
"""

UNFORESEEN = (
    SETTINGS
    + """
import asyncio
from deploy.embedded.chdb_http.engine import Engine
from deploy.embedded.chdb_http.app import Gateway

engine = Engine(settings)
gateway = Gateway(engine, settings)

async def receive():
    return {"type": "http.request", "body": b"SELECT 'secret'", "more_body": False}

async def send(message):
    print(message.get("status") or message["body"].decode().strip())

scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"host", b"127.0.0.1")]}
asyncio.run(gateway(scope, receive, send))
gateway.close()
engine.close()
"""
)

LEFT = (
    SETTINGS
    + """
from deploy.embedded.chdb_http import engine as module
from deploy.embedded.chdb_http.errors import EngineError
from deploy.embedded.chdb_http.settings import Role

engine = module.Engine(settings)
connect = module._connect

class Ended:
    def __init__(self, left):
        self.left, self.raw = left, connect()

    def query(self, text):
        self.left -= 1
        return self.raw.query("SELECT throwIf(1)" if self.left < 0 else text)

    def close(self):
        print("closed")
        self.raw.close()

for left in range(3):
    module._connect = lambda: Ended(left)
    try:
        engine.connect(Role.READER, "token", {})
    except EngineError as error:
        print(error.name)
module._connect = connect
engine.close()
"""
)


def connected(warehouse: Warehouse) -> socket.socket:
    return socket.create_connection(("127.0.0.1", warehouse.port), timeout=30)


def closed(client: socket.socket) -> bool:
    """Whether the warehouse has hung up."""
    client.setblocking(False)
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("size", [120_000, 16_000_000])
def test_comments_in_comments_are_answered(warehouse: Warehouse, size: int) -> None:
    text = b"/* " * (size // 3)
    assert warehouse.post(text, "reader").headers[EXCEPTION] in {"62", TOO_LARGE}
    assert warehouse.post(text + b"FORMAT", "reader", query="SELECT").headers[EXCEPTION] in {"62", TOO_LARGE}


@pytest.mark.parametrize("text", ["EXISTS TABLE shown{}-- x", "DESCRIBE (SELECT 1){}-- x", "SHOW ENGINES{}-- x"])
def test_blanks_that_do_not_end_are_answered(warehouse: Warehouse, text: str) -> None:
    assert warehouse.post(text.format(" " * 200_000), "reader").headers[EXCEPTION] == "497"


def test_bodies_that_swell_stay_small(run_warehouse: Run, tmp_path: Path) -> None:
    running = run_warehouse(tmp_path)
    before = high_water(running.process.pid)
    bodies = {
        "zstd": zstandard.ZstdCompressor().compress(bytes(1_000_000_000)),
        "lz4": lz4.frame.compress(bytes(50_000_000)),
    }

    def send(number: int) -> str | None:
        encoding = ("zstd", "lz4")[number % 2]
        headers = {
            "Content-Encoding": encoding,
            "Content-Type": ("text/plain", "multipart/form-data; boundary=x")[number % 3 // 2],
        }
        answer = httpx.post(
            running.url, content=bodies[encoding], headers=headers, auth=AUTH, timeout=60, verify=UNENCRYPTED
        )
        code: str | None = answer.headers.get(EXCEPTION)
        return code

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(send, range(20))) == {TOO_LARGE}
    assert high_water(running.process.pid) - before < 300_000_000


def test_a_parameter_used_many_times_is_refused_before_it_is_put_in(run_warehouse: Run, tmp_path: Path) -> None:
    running = run_warehouse(tmp_path)
    before = high_water(running.process.pid)
    text = "EXPLAIN SELECT " + ",".join(["{p:String}"] * 20_000)
    assert running.post(text, "reader", param_p="x" * 60_000).headers[EXCEPTION] == TOO_LARGE
    assert high_water(running.process.pid) - before < 100_000_000
    assert running.post("SELECT length({p:String})", "reader", param_p="x" * 60_000).text == "60000\n"


def test_readers_take_no_place_of_the_writers(run_warehouse: Run, tmp_path: Path) -> None:
    running = run_warehouse(tmp_path, queries=2, readers=1)
    asleep = "SELECT count() FROM system.processes WHERE query = 'SELECT sleep(3)'"
    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(running.post, "SELECT sleep(3)", "reader") for _ in range(2)]
        eventually(lambda: running.post(asleep).text == "1\n")
        third = eventually(lambda: running.post("SELECT 1", "reader").headers.get(EXCEPTION))
        assert third == "202"
        assert running.post("SELECT 1", session_id="mine").text == "1\n"
        assert not all(each.done() for each in readers)


def test_the_sessions_of_readers_end_none_of_the_writers(run_warehouse: Run, tmp_path: Path) -> None:
    running = run_warehouse(tmp_path)
    kept = {"session_id": "writer's", "session_timeout": "3600"}
    running.post("CREATE TEMPORARY TABLE mine (a UInt8)", **kept).raise_for_status()
    with httpx.Client(auth=AUTH, verify=UNENCRYPTED, timeout=60) as http:
        for number in range(520):
            http.post(running.url, content="SELECT 1", params={"session_id": str(number)}).raise_for_status()
    assert running.post("SELECT count() FROM mine", **kept).text == "0\n"


def test_sockets_that_ask_nothing_make_way(run_warehouse: Run, tmp_path: Path) -> None:
    running = run_warehouse(tmp_path, queries=4, connections=10)
    with ExitStack() as open_sockets, httpx.Client(auth=("writer", WRITER), verify=UNENCRYPTED) as writer:
        assert writer.post(running.url, content="SELECT 1").text == "1\n"
        kept = str(writer._transport._pool.connections[0])  # type: ignore[attr-defined]
        half_open = [open_sockets.enter_context(connected(running)) for _ in range(40)]
        for client in half_open:
            client.sendall(b"POST / HTTP/1.1\r\n")
        eventually(lambda: all(closed(client) for client in half_open[:31]))
        assert running.post("SELECT 2").text == "2\n"
        assert writer.post(running.url, content="SELECT 3").text == "3\n"
        assert str(writer._transport._pool.connections[0]).split(",")[0] == kept.split(",", maxsplit=1)[0]  # type: ignore[attr-defined]


def test_a_head_that_does_not_come_ends_the_connection(run_warehouse: Run, tmp_path: Path) -> None:
    running = run_warehouse(tmp_path, head_seconds=1)
    with connected(running) as silent, connected(running) as slow, connected(running) as second:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: 127.0")
        second.sendall(b"GET /ping HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert second.recv(1_000).startswith(b"HTTP/1.1 200")
        second.sendall(b"GET /pi")
        for client in (silent, slow, second):
            eventually(lambda client=client: closed(client))  # type: ignore[misc]
        assert running.post("SELECT 1").text == "1\n"


def test_a_head_of_many_lines_ends_the_connection(warehouse: Warehouse) -> None:
    with connected(warehouse) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"a:b\r\n" * 300)
        eventually(lambda: closed(client))
    token = b64encode(f"reader:{READER}".encode()).decode()
    with connected(warehouse) as client:
        head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {token}\r\nContent-Length: 3008\r\n\r"
        client.sendall(head.encode())
        client.sendall(b"\nSELECT 7" + b"\n" * 3_000)
        answer = b""
        while not answer.endswith(b"\r\n\r\n7\n"):
            piece = client.recv(10_000)
            assert piece, answer
            answer += piece


@pytest.mark.parametrize("number", ["9" * 5_000, "٣٠", "-1", "1e3", "soon"])
def test_a_number_that_is_none_is_an_error_of_the_request(warehouse: Warehouse, number: str) -> None:
    for name, code in (("session_timeout", "374"), ("client_protocol_version", "36")):
        answer = warehouse.post("SELECT 1", "reader", session_id="n", **{name: number})
        assert (answer.status_code, answer.headers[EXCEPTION]) == (HTTPStatus.BAD_REQUEST, code)
        assert answer.text.count("\n") == 1


@pytest.mark.parametrize("output", ["Dataframe", "DataFrame", "arrowtable", "ArrowTable", "Nowhere"])
def test_only_formats_of_the_engine_come_out(warehouse: Warehouse, output: str) -> None:
    for answer in (
        warehouse.post(f"SELECT 1 FORMAT {output}", "reader"),
        warehouse.post("SELECT 1", "reader", default_format=output),
    ):
        assert (answer.status_code, answer.headers[EXCEPTION]) == (HTTPStatus.NOT_FOUND, "73")


def test_a_format_is_known_in_any_case(warehouse: Warehouse) -> None:
    assert warehouse.post("SELECT 1 AS a FORMAT jsoneachrow").headers["X-ClickHouse-Format"] == "JSONEachRow"


def test_a_failure_that_nobody_foresaw_is_told_without_a_trace(tmp_path: Path) -> None:
    """A server that leaves out what ASGI asks for is one that nobody foresaw."""
    told = subprocess.run(
        [sys.executable, "-c", UNFORESEEN, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    status, text = told.stdout.splitlines()
    assert status == "500"
    assert text.startswith(
        "Code: 1001. DB::Exception: The gateway cannot answer this request: KeyError (STD_EXCEPTION)"
    )
    assert re.fullmatch(r"A request failed: KeyError at \w+\.py:\d+\n", told.stderr)


def test_a_reader_who_leaves_while_a_connection_opens_is_an_error_of_the_engine(tmp_path: Path) -> None:
    """KILL ends whatever statement prepares the connection; the connection is closed, and nothing is logged."""
    told = subprocess.run(
        [sys.executable, "-c", LEFT, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert told.stdout.split() == ["closed", "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"] * 3


@pytest.mark.parametrize("files", [64, 300])
def test_too_few_files_are_one_sentence(tmp_path: Path, files: int) -> None:
    given = {"directory": str(tmp_path), "port": free_port(), "writer_password": "w", "reader_password": ""}
    refused = subprocess.run(
        [sys.executable, "-m", "tests.support.chdb_http"],
        cwd=ROOT,
        input=json.dumps(given | {"readable": []}),
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files)),
        check=False,
    )
    assert refused.returncode == 1
    assert refused.stderr == (
        f"The warehouse needs 512 open files and may have {files}: raise the limit (`ulimit -n 512`).\n"
    )
