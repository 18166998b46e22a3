"""One banwatch that runs without sources: how it is, what it keeps to itself, and what outlives its parts."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.services import DeskUnavailable
from deploy.desk import desk_of
from deploy.settings import load
from processing import queries
from processing.contract import ClickHouseAddress
from tests.e2e.test_secrets import are_up, environments
from tests.support.stacks import Installation, Running, listens
from tests.support.waiting import eventually


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation for which no writer's password is set: its folder keeps one."""
    return Installation(tmp_path_factory.mktemp("up") / "banwatch", writer_password=None)


@pytest.fixture(scope="module")
def running(alone: Installation) -> Iterator[Running]:
    with closing(alone.start("up", "--no-sources")) as running:
        assert running.says("dashboard "), running.said
        eventually(lambda: are_up(running))
        yield running


def test_a_banwatch_that_runs_is_well(running: Running, alone: Installation) -> None:
    def at_work() -> dict[str, str]:
        found = well(alone)
        return found if "1 worker in the group banwatch" in found.get("workers' group", "") else {}

    assert "and can do nothing else" in eventually(at_work)["reader"]


def well(installation: Installation) -> dict[str, str]:
    """What is said of each thing, once nothing is wrong but what belongs to this machine and its network."""
    ended = installation.run("doctor", "--json")
    sections = json.loads(ended.stdout)["sections"]
    asking = [
        finding
        for section in sections
        for finding in section["findings"]
        if section["subject"] not in {"machine", "sources"}
        and finding["status"] != "ok"
        and not finding["what"].startswith("disk ")
    ]
    print(*asking, sep="\n")
    return {} if asking else {each["what"]: each["said"] for section in sections for each in section["findings"]}


def test_a_made_up_secret_is_in_no_environment_command_line_or_log(running: Running, alone: Installation) -> None:
    secrets = [(alone.folder / file).read_bytes() for file in ("writer-password", "desk-key")]
    everywhere = [running.process.pid, *running.children()]
    shown = [Path(f"/proc/{pid}/{what}") for pid in everywhere for what in ("environ", "cmdline")]
    written = [running.output, *(alone.folder / "logs").iterdir(), *(alone.folder.glob("cursors/*"))]
    assert all(secrets)
    assert [place for place in shown + written if any(each in place.read_bytes() for each in secrets)] == []
    places = [alone.folder, *alone.folder.rglob("*")]
    open_to_others = [place for place in places if place.exists() and place.stat().st_mode & 0o077]
    assert open_to_others == [alone.folder, running.output], "all but what this test makes is its owner's alone"


def test_what_an_operator_saves_is_in_the_store(
    running: Running, alone: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On one machine the desk works without configuration: what the dashboard is lent reaches the store."""
    told = environments(running)["dashboard"]
    assert not any("KEY" in name for name in told if name.startswith("BANWATCH_"))
    for name in ("BANWATCH_DATA_DIR", "BANWATCH_DESK_URL"):
        monkeypatch.setenv(name, told[name])
    desk = desk_of(load(os.environ))
    assert desk is not None
    with closing(desk), queries.connect(reader_of(alone)) as reader:
        eventually(lambda: saves(desk.save_query))
        [query] = queries.saved_queries(reader)
        assert (query.name, query.sql, query.by) == ("languages", "SELECT 1", "Nora")


def saves(save: object) -> bool:
    try:
        save("languages", "SELECT 1", "Nora")  # type: ignore[operator]
    except DeskUnavailable:  # the server is still starting
        return False
    return True


def reader_of(installation: Installation) -> ClickHouseAddress:
    return ClickHouseAddress(installation.store.url, "reader", load({}).dashboard.clickhouse_reader_password)


def test_what_builds_on_a_broker_that_does_not_come_back_waits_for_it(running: Running, alone: Installation) -> None:
    running.process.send_signal(signal.SIGSTOP)  # so that the port is held before anything is started again
    try:
        running.kill_child("broker")
        eventually(lambda: not listens(alone.kafka))
        with socket.create_server(("127.0.0.1", alone.kafka)):
            running.process.send_signal(signal.SIGCONT)
            assert running.says("broker ended with status 0"), running.said
            assert not running.children("process")
    finally:
        running.process.send_signal(signal.SIGCONT)
    eventually(lambda: running.children("process") and listens(alone.kafka))
    assert "broker was ended by SIGKILL, as the kernel does where memory runs out" in running.said
    assert "worker-1 ended" not in running.said


def test_sigkill_leaves_no_child_behind(running: Running) -> None:
    """The last test of this file: nothing runs behind it."""
    eventually(lambda: running.children("watch"))
    children = running.children()
    running.process.kill()
    running.process.wait()
    eventually(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
