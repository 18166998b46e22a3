"""What a writer makes of whatever answers where its store should be, before it says anything of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pydantic import SecretStr

from processing.contract import ClickHouseAddress
from processing.store.client import Store, StoreRefused, StoreUnavailable
from processing.store.proof import proof

LINE = b"HTTP/1.1 200 OK\r\nContent-Length: "
NO_PROOF = {
    "nothing of HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "a wrong proof": LINE + b"64\r\n\r\n" + b"0" * 64,
    "less": LINE + b"3\r\n\r\nOk.",
    "nothing": LINE + b"0\r\n\r\n",
    "more": LINE + b"66\r\n\r\n" + b"0" * 66,
    "an unknown path": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "a wish for a password": b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n",
    "another address": b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /proof\r\nContent-Length: 0\r\n\r\n",
}
NOT_NOW = {"silence": b"", "too much to do": b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"}


@contextmanager
def answering(answer: bytes) -> Iterator[tuple[ClickHouseAddress, list[bytes]]]:
    """A listener that says one thing to whatever it is asked; its address, and what it heard."""
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                asking, _ = listener.accept()
            except OSError:
                return
            with asking:
                heard.append(asking.recv(65536))
                asking.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    port = listener.getsockname()[1]
    try:
        yield ClickHouseAddress(f"http://127.0.0.1:{port}", "writer", SecretStr("a secret"), proves=True), heard
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize("answer", NO_PROOF.values(), ids=NO_PROOF)
def test_what_proves_nothing_is_told_nothing(answer: bytes) -> None:
    with answering(answer) as (address, heard), pytest.raises(StoreRefused, match="has not proved"):
        Store(address)
    assert len(heard) == 1
    assert heard[0].startswith(b"GET /proof?question=")
    assert b"uthorization" not in heard[0]


@pytest.mark.parametrize("answer", NOT_NOW.values(), ids=NOT_NOW)
def test_a_store_that_cannot_answer_now_is_waited_for(answer: bytes) -> None:
    with answering(answer) as (address, heard), pytest.raises(StoreUnavailable):
        Store(address)
    assert b"uthorization" not in b"".join(heard)


def test_a_proof_is_of_one_password_one_address_and_one_question() -> None:
    given = (SecretStr("a"), ("127.0.0.1", 8123), "0" * 64)
    others = [
        (SecretStr("b"), ("127.0.0.1", 8123), "0" * 64),
        (SecretStr("a"), ("127.0.0.2", 8123), "0" * 64),
        (SecretStr("a"), ("127.0.0.1", 8124), "0" * 64),
        (SecretStr("a"), ("127.0.0.1", 8123), "1" * 64),
    ]
    assert len({proof(*each) for each in [given, *others]}) == 5
    assert proof(*given) == proof(*given)
