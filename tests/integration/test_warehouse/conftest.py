"""A warehouse process for the tests of this folder."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import clickhouse_connect
import httpx
import pytest
from clickhouse_connect.driver.client import Client

from tests.support.mortal import mortal
from tests.support.waiting import PATIENCE, free_port

ROOT = Path(__file__).parents[3]
WRITER, READER = "writer's word", "reader's word"
READABLE = ["counts", "guarded", "posts", "shown"]
"""The tables that readers are granted in these tests."""


@dataclass
class Warehouse:
    """A warehouse process and how to speak to it."""

    process: subprocess.Popen[str]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def client(self, user: str = "writer", **options: Any) -> Client:
        password = {"writer": WRITER, "reader": READER}[user]
        return clickhouse_connect.get_client(
            host="127.0.0.1", port=self.port, username=user, password=password, **options
        )

    def post(self, text: str | bytes, user: str = "writer", **parameters: str) -> httpx.Response:
        password = {"writer": WRITER, "reader": READER}[user]
        return httpx.post(
            self.url, content=text, params=parameters, auth=(user, password), timeout=60, verify=UNENCRYPTED
        )


UNENCRYPTED = False
"""No certificates are read for a request that needs none: that takes longer than the request."""

Run = Callable[..., Warehouse]


def start(directory: Path, port: int, **settings: Any) -> Warehouse:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.chdb_http"],
        cwd=ROOT,
        env=mortal(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    given = {"directory": str(directory), "port": port, "writer_password": WRITER, "reader_password": READER}
    given |= {"readable": READABLE, "database": "tried"}
    assert process.stdin is not None
    process.stdin.write(json.dumps(given | settings))
    process.stdin.close()
    process.stdin = None
    return Warehouse(process, port)


def wait_until_ready(warehouse: Warehouse) -> None:
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while time.monotonic() < deadline and warehouse.process.poll() is None:
        try:
            if httpx.get(warehouse.url + "ping", timeout=10, verify=UNENCRYPTED).text == "Ok.\n":
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"The warehouse does not answer: {warehouse.process.poll()}")


def stop(warehouse: Warehouse) -> tuple[int, str]:
    """End it if it still runs; its exit status and what it said."""
    if warehouse.process.poll() is None:
        warehouse.process.terminate()
    _, said = warehouse.process.communicate(timeout=30)
    return warehouse.process.returncode, said


@pytest.fixture
def run_warehouse() -> Iterator[Run]:
    """Start warehouses that the test may kill."""
    started: list[Warehouse] = []

    def run(directory: Path, port: int | None = None, *, ready: bool = True, **settings: Any) -> Warehouse:
        started.append(start(directory, port or free_port(), **settings))
        if ready:
            wait_until_ready(started[-1])
        return started[-1]

    yield run
    for warehouse in started:
        if warehouse.process.poll() is None:
            warehouse.process.kill()
        warehouse.process.communicate(timeout=30)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """One warehouse for the tests of a file; each uses tables of its own."""
    running = start(tmp_path_factory.mktemp("warehouse"), free_port(), limits={"result_rows": 300_000, "seconds": 20})
    wait_until_ready(running)
    yield running
    status, said = stop(running)
    assert status == 0, said


@pytest.fixture
def client(warehouse: Warehouse) -> Iterator[Client]:
    with closing(warehouse.client()) as connected:
        yield connected
