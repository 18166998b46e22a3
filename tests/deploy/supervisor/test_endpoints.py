"""What answers at an address before anything is started there."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import count

import pytest

from deploy.errors import PortTaken
from deploy.supervisor import endpoints
from deploy.supervisor.endpoints import clickhouse_answers


@contextmanager
def mute(times: int) -> Iterator[str]:
    """A store that says nothing to so many requests, and then answers a ping."""

    def serve() -> None:
        with ExitStack() as held:
            for number in count():
                try:
                    connection = held.enter_context(listener.accept()[0])
                except OSError:
                    return
                if number >= times:
                    connection.recv(1_000)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nOk.\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = threading.Thread(target=serve)
        serving.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            serving.join()


def test_a_store_that_answers_late_is_a_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "ANSWER_TIMEOUT", timedelta(seconds=0.5))
    with mute(2) as url:
        assert clickhouse_answers(url)


def test_a_program_that_never_answers_is_no_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "ANSWER_TIMEOUT", timedelta(seconds=0.1))
    with mute(1_000) as url, pytest.raises(PortTaken, match="not ClickHouse"):
        clickhouse_answers(url)
