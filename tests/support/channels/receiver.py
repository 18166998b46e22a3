"""A local server that takes what a channel is told: it remembers each request, and fails as a test wants."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

LONGEST_HANG = 60


@dataclass(frozen=True)
class Received:
    """One request. `path` is decoded, and the names of headers are in lower case."""

    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[-1] for name, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def says(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """An answer in JSON."""
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})


class Fault(Enum):
    """What happens to a request in place of an answer."""

    CUT = auto()
    """It is taken, and the connection is closed without an answer."""
    HANG = auto()
    """It is taken, and no answer comes."""
    DRIP = auto()
    """It is taken, and a byte of the answer's headers comes every tenth of a second."""
    ENDLESS = auto()
    """It is taken, and the body of the answer never ends."""


@dataclass
class Receiver:
    """A server that runs. `faults` meet the next requests, one each: an answer, or a fault."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    faults: deque[Fault | Reply] = field(default_factory=deque)
    ended: threading.Event = field(default_factory=threading.Event)

    def paths(self) -> list[str]:
        return [each.path for each in self.received]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    receiver: Receiver
    answer: Callable[[Received], Reply]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urlsplit(self.path)
        parameters = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        received = Received(self.command, unquote(parts.path), parameters, headers, body)
        self.receiver.received.append(received)
        fault = self.receiver.faults.popleft() if self.receiver.faults else None
        reply = fault if isinstance(fault, Reply) else type(self).answer(received)
        if isinstance(fault, Fault):
            self._fail(fault)
        else:
            self._reply(reply)

    def do_PUT(self) -> None:
        self.do_POST()

    def do_GET(self) -> None:
        self.do_POST()

    def _reply(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        try:
            self.wfile.write(reply.body)
        except OSError:  # whoever asked has read enough
            self.close_connection = True

    def _fail(self, fault: Fault) -> None:
        self.close_connection = True
        if fault is Fault.HANG:
            self.receiver.ended.wait(LONGEST_HANG)
        if fault is Fault.ENDLESS:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
            self._pour(b"x" * 65536, 0)
        if fault is Fault.DRIP:
            self._pour(b"H", 0.1)

    def _pour(self, piece: bytes, pause: float) -> None:
        while not self.receiver.ended.wait(pause):
            try:
                self.wfile.write(piece)
            except OSError:  # whoever asked has gone
                return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@contextmanager
def receiving(answer: Callable[[Received], Reply]) -> Iterator[Receiver]:
    """Take requests until the block ends. What meets an answer of `faults` does not reach `answer`."""
    receiver = Receiver()

    kind = type("Handler", (_Handler,), {"receiver": receiver, "answer": staticmethod(answer)})
    listening = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    listening.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{listening.server_port}"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.ended.set()
        listening.shutdown()
        listening.server_close()
        thread.join()
