"""The answers' server goes on answering whoever comes, while others hold connections."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import httpx
import pytest

from tests.conftest import ROOT
from tests.support.mortal import mortal
from tests.support.stacks import listens
from tests.support.waiting import eventually, free_port

MOST = 4
PROGRAM = f"""
import sys
from deploy.supervisor.parent_death import die_with_parent
die_with_parent()
from starlette.responses import PlainTextResponse
from deploy.answers import server

async def turned():
    pass

server._MOST_CONNECTIONS, server._HEAD_SECONDS = {MOST}, float(sys.argv[2])
server.serve(PlainTextResponse("here"), "127.0.0.1", int(sys.argv[1]), turned)
"""


@pytest.fixture
def head_seconds() -> float:
    return 60.0


@pytest.fixture
def port(head_seconds: float) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-c", PROGRAM, str(port), str(head_seconds)]
    with subprocess.Popen(command, cwd=ROOT, env=mortal()) as process:
        try:
            eventually(lambda: listens(port))
            yield port
        finally:
            process.terminate()


def test_more_connections_than_there_is_room_for_close_the_oldest(port: int) -> None:
    with ExitStack() as held:
        for _ in range(3 * MOST):
            held.enter_context(socket.create_connection(("127.0.0.1", port)))
        assert httpx.get(f"http://127.0.0.1:{port}", trust_env=False).text == "here"


@pytest.mark.parametrize("head_seconds", [0.2])
def test_a_connection_without_a_request_is_closed(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n")
        with suppress(ConnectionResetError):
            assert connection.recv(100) == b""
