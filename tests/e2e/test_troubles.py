"""What `banwatch up` says of a part that does not come up, and of a machine that gives it too little."""

from __future__ import annotations

import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.mortal import mortal
from tests.support.stacks import Installation, listens
from tests.support.waiting import eventually

COMMANDS = [("up", "--no-sources", "--no-dashboard"), ("warehouse",)]


@contextmanager
def held(port: int) -> Iterator[None]:
    """A port at which nothing answers and nothing else can listen."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", port))
        yield


def test_a_broker_that_ends_at_once_is_told_with_what_it_said(installation: Installation) -> None:
    with held(installation.kafka):
        ended = installation.run("up", "--no-sources", "--no-dashboard")
    assert ended.returncode == 1
    said = ended.stderr.decode()
    assert len(said.splitlines()) == 1
    assert said.startswith("banwatch: broker ended with status 0 before it answered, and said: ")
    assert "AddrInUse" in said


@pytest.mark.parametrize("command", [("up", "--no-sources", "--no-dashboard"), ("migrate",)], ids=" ".join)
def test_a_store_that_ends_at_once_is_told_with_what_it_said(
    installation: Installation, command: tuple[str, ...]
) -> None:
    logs = installation.folder / "logs"
    logs.mkdir(parents=True)
    (logs / "warehouse.log").write_text("of an earlier run\n")
    with held(installation.clickhouse):
        ended = installation.run(*command)
    assert ended.returncode == 1
    said = ended.stderr.decode()
    assert len(said.splitlines()) == 1
    assert said.startswith("banwatch: warehouse ended with status 1 before it answered, and said: ")
    assert "Address already in use" in said
    assert "of an earlier run" not in said


def limited(limit: str, *command: str) -> list[str]:
    """A command with another limit on open files."""
    return ["sh", "-c", f'ulimit {limit}; exec "$@"', "sh", sys.executable, "-m", "deploy.cli", *command]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_too_few_open_files_are_one_sentence(installation: Installation, command: tuple[str, ...]) -> None:
    ended = subprocess.run(
        limited("-n 64", *command), env=installation.environment, capture_output=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.decode() == (
        "banwatch: A process may open 64 files here (`ulimit -n`), and banwatch needs 256: run `ulimit -n 256` "
        "as a user who may, or raise LimitNOFILE of its service.\n"
    )


def test_a_low_soft_limit_is_raised(installation: Installation) -> None:
    with subprocess.Popen(limited("-Sn 64", "broker"), env=mortal(installation.environment)) as broker:
        try:
            eventually(lambda: listens(installation.kafka))
            soft, hard = resource.prlimit(broker.pid, resource.RLIMIT_NOFILE)
        finally:
            broker.terminate()
    assert soft >= min(hard, 65_536)
