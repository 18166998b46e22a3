"""Which store is ours: one that knows the writer's password, and says so before it is told.

A store that banwatch starts has a password that was made up and lies in a file. Whoever takes its port would be
given that password by the next writer. So the writer asks first, on the connection that it will use, and the answer is
a hash of the question, the password and the address at both ends of the connection: what another port of this machine
answers to the same question is another answer, and passing the question on is of no use.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import re
import secrets

from pydantic import SecretStr
from urllib3 import HTTPConnectionPool, PoolManager
from urllib3.connection import HTTPConnection

PATH = "/proof"
_QUESTION = re.compile(r"[0-9a-f]{64}")
_NOT_NOW = frozenset({408, 429, 500, 502, 503, 504})
_PURPOSE = "banwatch: the store at this address knows the writer's password"


class NotProved(Exception):
    """What answers at an address does not know the password."""


def is_question(text: str) -> bool:
    """Whether a text may be asked: an answer is given to nothing else, so that it can mean nothing else."""
    return _QUESTION.fullmatch(text) is not None


def proof(password: SecretStr, address: tuple[str, int], question: str) -> str:
    """The answer to a question that came in over `address`, host and port as numbers."""
    said = "\0".join((_PURPOSE, f"{address[0]} {address[1]}", question))
    return hmac.new(password.get_secret_value().encode(), said.encode(), hashlib.sha256).hexdigest()


def proving(password: SecretStr, manager: PoolManager) -> PoolManager:
    """Have every connection that a pool manager opens ask for the proof before it carries anything else."""

    class Connection(HTTPConnection):
        def connect(self) -> None:
            super().connect()
            _ask(self, password)

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    manager.pool_classes_by_scheme = {"http": Pool}
    return manager


def _ask(connection: HTTPConnection, password: SecretStr) -> None:
    question = secrets.token_hex(32)
    host, port = connection.sock.getpeername()[:2]
    right = proof(password, (str(host), int(port)), question)
    # Written by hand: the library's own request has begun when it connects, and takes no other one then.
    connection.sock.sendall(f"GET {PATH}?question={question} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
    if not hmac.compare_digest(_answer(connection), right.encode()):
        raise NotProved


def _answer(connection: HTTPConnection) -> bytes:
    """What is said to the question; empty where that is no answer or goes on behind it.

    Raises:
        OSError: a store that ends or is overloaded says nothing to it, and may later.
    """
    with http.client.HTTPResponse(connection.sock, method="GET") as response:
        try:
            response.begin()
            said = response.read(65)
        except http.client.RemoteDisconnected as error:
            raise ConnectionResetError(str(error)) from error
        except http.client.HTTPException:
            return b""
        if response.status in _NOT_NOW:
            raise ConnectionError(f"it answers with status {response.status}")
        return said if response.isclosed() else b""
