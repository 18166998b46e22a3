"""The process: killed, stopped, started twice, and refused where something else stands."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread

import httpx
import pytest
from clickhouse_connect.driver.exceptions import Error
from pydantic import SecretStr

from processing.store.proof import proof
from tests.integration.test_warehouse.conftest import UNENCRYPTED, WRITER, Run, Warehouse, stop
from tests.support.chdb_http import settings
from tests.support.waiting import eventually, free_port

pytestmark = pytest.mark.long


def insert_until_it_dies(warehouse: Warehouse, acknowledged: list[int], writer: int) -> None:
    with httpx.Client(auth=("writer", WRITER), timeout=30) as http:
        for batch in range(10_000):
            rows = "".join(f"{writer},{batch},{row}\n" for row in range(500))
            try:
                answer = http.post(warehouse.url, content=f"INSERT INTO kept FORMAT CSV\n{rows}")
            except httpx.TransportError:
                return
            if answer.is_success:
                acknowledged.append(writer * 10_000 + batch)


def test_every_acknowledged_row_survives_kill_9(run_warehouse: Run, tmp_path: Path) -> None:
    acknowledged: list[int] = []
    for round_number in range(3):
        running = run_warehouse(tmp_path / "data")
        running.post("CREATE TABLE IF NOT EXISTS kept (w UInt16, b UInt16, r UInt16) ENGINE = MergeTree ORDER BY b")
        writers = [
            Thread(target=insert_until_it_dies, args=(running, acknowledged, round_number * 2 + each))
            for each in range(2)
        ]
        for writer in writers:
            writer.start()
        goal = len(acknowledged) + 40
        deadline = time.monotonic() + 30
        while len(acknowledged) < goal:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        running.process.send_signal(signal.SIGKILL)
        for writer in writers:
            writer.join(30)
    survivor = run_warehouse(tmp_path / "data")
    found = survivor.post("SELECT w * 10000 + b FROM kept GROUP BY w, b HAVING count() = 500 AND uniqExact(r) = 500")
    assert set(acknowledged) <= {int(line) for line in found.text.splitlines()}
    assert len(acknowledged) >= 120
    # One block of one partition is one part, and a part is there or not: no batch is there in pieces.
    pieces = survivor.post("SELECT w, b, count() FROM kept GROUP BY w, b HAVING count() != 500")
    assert pieces.text == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_while_it_works(run_warehouse: Run, tmp_path: Path, number: signal.Signals) -> None:
    running = run_warehouse(tmp_path)
    running.post("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a")
    running.post("INSERT INTO t VALUES (1)")
    asked = "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))"

    def ask() -> None:
        with pytest.raises(httpx.HTTPError):
            running.post(asked).raise_for_status()

    busy = Thread(target=ask)
    busy.start()
    deadline = time.monotonic() + 10
    while running.post("SELECT count() FROM system.processes WHERE query LIKE '%sipHash64%'").text < "2":
        assert time.monotonic() < deadline
    running.process.send_signal(number)
    _, said = running.process.communicate(timeout=10)
    busy.join(10)
    assert running.process.returncode == 0, said
    assert run_warehouse(tmp_path).post("SELECT a FROM t").text == "1\n"


def test_a_signal_ends_it_while_a_query_cannot_be_stopped(run_warehouse: Run, tmp_path: Path) -> None:
    """The engine looks at its limits between two blocks; one of these takes minutes."""
    endless = "SELECT sum(editDistance(repeat('a', 40000), repeat(toString(number % 7), 40000))) FROM numbers(100)"
    running = run_warehouse(tmp_path)
    before = processor_ticks(running)

    def ask() -> None:
        with suppress(httpx.TransportError):
            running.post(endless)

    busy = Thread(target=ask)
    busy.start()
    eventually(lambda: processor_ticks(running) > before + 100)
    running.process.terminate()
    _, said = running.process.communicate(timeout=30)
    busy.join(10)
    assert (running.process.returncode, said) == (0, "")
    assert run_warehouse(tmp_path).post("SELECT 1").text == "1\n"


def processor_ticks(warehouse: Warehouse) -> int:
    """How long it has worked, in hundredths of a second."""
    return int(Path(f"/proc/{warehouse.process.pid}/stat").read_text().rpartition(")")[2].split()[11])


def test_a_second_process_on_the_same_directory_says_so(run_warehouse: Run, tmp_path: Path) -> None:
    run_warehouse(tmp_path)
    second = run_warehouse(tmp_path, ready=False)
    _, said = second.process.communicate(timeout=30)
    assert second.process.returncode == 1
    assert said == f"Another warehouse is running on {tmp_path}: stop it, or name another directory.\n"


def test_a_held_port_is_one_sentence(run_warehouse: Run, tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as held:
        port = held.getsockname()[1]
        refused = run_warehouse(tmp_path, port, ready=False)
        _, said = refused.process.communicate(timeout=30)
    assert refused.process.returncode == 1
    assert said.startswith(f"The warehouse cannot listen on 127.0.0.1:{port}: Address already in use.")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("wrong", [{"writer_password": ""}, {"host": "0.0.0.0", "reader_password": ""}, {"writers": 0}])
def test_settings_that_nothing_can_run_with_are_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    right = {"directory": str(tmp_path), "writer_password": "w", "reader_password": "r", "readable": []}
    assert settings(json.dumps(right)).loopback
    with pytest.raises(ValueError, match=r"^The warehouse('s|) (needs|writer|reader)"):
        settings(json.dumps(right | wrong))


def test_a_client_outlives_a_restart(run_warehouse: Run, tmp_path: Path) -> None:
    port = free_port()
    first = run_warehouse(tmp_path, port)
    with closing(first.client()) as client:
        client.command("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a")
        client.insert("t", [[1]], column_names=["a"])
        first.process.kill()
        first.process.wait(10)
        with pytest.raises(Error):
            client.query("SELECT a FROM t")
        run_warehouse(tmp_path, port)
        assert client.query("SELECT a FROM t").result_rows == [(1,)]


def test_a_made_up_password_is_proved_to_whoever_asks_and_no_other(run_warehouse: Run, tmp_path: Path) -> None:
    proving = run_warehouse(tmp_path / "made up", proves=True)
    question = "0123456789abcdef" * 4
    asked = httpx.get(proving.url + "proof", params={"question": question}, verify=UNENCRYPTED)
    assert asked.text == proof(SecretStr(WRITER), ("127.0.0.1", proving.port), question)
    for other in ("", question[1:], question + "0", question.upper(), "x" * 64):
        refused = httpx.get(proving.url + "proof", params={"question": other}, verify=UNENCRYPTED)
        assert refused.status_code == 404
    beside = httpx.get(proving.url + f"proof?question={question}&more=1", verify=UNENCRYPTED)
    assert beside.status_code == 404, "a URL that would have to be parsed"
    named = {"Host": "evil.example"}
    assert httpx.get(proving.url + f"proof?question={question}", headers=named, verify=UNENCRYPTED).status_code == 403
    silent = run_warehouse(tmp_path / "chosen")
    assert httpx.get(silent.url + f"proof?question={question}", verify=UNENCRYPTED).status_code == 404


def test_an_engine_that_hangs_ends_the_process_so_that_it_is_started_anew(run_warehouse: Run, tmp_path: Path) -> None:
    """A time zone that is a pipe keeps the lock of all time zones; only the writer can name one."""
    running = run_warehouse(tmp_path / "warehouse", pulse_seconds=2)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(httpx.TransportError):
        running.post(f"SELECT toDateTime(0, 'file:{pipe}')")
    status, said = stop(running)
    assert (status, "The engine does not answer" in said) == (70, True)
    again = run_warehouse(tmp_path / "warehouse", running.port)
    assert again.post("SELECT toDateTime(0, 'UTC')").text == "1970-01-01 00:00:00\n"
