"""The store's proof that it is banwatch's own: it shows that it knows the writer's password before it receives it.

The password of a store that banwatch starts is generated and lies in a file. Another program that takes the store's
port would receive the password from the next writer. So the writer first sends a question, on the connection that it
will use. The answer is a hash of the question, the password and the address at both ends of the connection. Another
port of this machine gives another answer to the same question, so passing the question on is useless.
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
    """The program at the address does not know the password."""


def is_question(text: str) -> bool:
    """Return whether a text is a valid question.

    Only valid questions are answered, so an answer has no other meaning.
    """
    return _QUESTION.fullmatch(text) is not None


def proof(password: SecretStr, address: tuple[str, int], question: str) -> str:
    """Return the answer to a question that arrived at `address`, a host and a port as numbers."""
    said = "\0".join((_PURPOSE, f"{address[0]} {address[1]}", question))
    return hmac.new(password.get_secret_value().encode(), said.encode(), hashlib.sha256).hexdigest()


def proving(password: SecretStr, manager: PoolManager) -> PoolManager:
    """Make every connection of a pool manager ask for the proof before it carries any other request."""

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
    # Written by hand, because the library connects within a request of its own and accepts no second request then.
    connection.sock.sendall(f"GET {PATH}?question={question} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n".encode())
    if not hmac.compare_digest(_answer(connection), right.encode()):
        raise NotProved


def _answer(connection: HTTPConnection) -> bytes:
    """Return the answer to the question, or empty bytes if it is malformed or too long.

    Raises:
        OSError: the store is ending or overloaded, and may answer later.
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
