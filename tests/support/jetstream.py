"""A Jetstream server for tests, both wires, that can be cut, closed, frozen and made to refuse."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import zstandard
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from ingest.sources.bluesky.frames import DICTIONARY_PATH, POSTS, V2_PATH, microseconds

FIRST_TIME_CURSOR = 10**15
LETTERS = "234567abcdefghijklmnopqrstuvwxyz"
TICK = 0.05


def tid(moment: datetime) -> str:
    """The timestamp identifier of a moment."""
    value = microseconds(moment) << 10
    return "".join(LETTERS[value >> shift & 31] for shift in range(60, -1, -5))


@dataclass(frozen=True)
class Stored:
    """One event as the server keeps it; `raw` stands for a frame that is no event."""

    seq: int
    at: datetime
    kind: str = "commit"
    did: str = "did:plc:example"
    body: dict[str, Any] = field(default_factory=dict)
    raw: bytes | None = None

    def frame(self, wire: str) -> bytes:
        if self.raw is not None:
            return self.raw
        if wire == "v1":
            event = {"did": self.did, "time_us": microseconds(self.at), "kind": self.kind, self.kind: self.body}
            return msgspec.json.encode(event)
        payload = {
            "$type": f"network.bsky.jetstream.subscribeEvents#{self.kind}",
            "seq": self.seq,
            "did": self.did,
            "time": self.at.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        }
        payload |= self.body if self.kind == "commit" else {self.kind: self.body}
        return msgspec.json.encode({"$type": "message", "payload": payload})


class Jetstream:
    """Keeps events and sends them to whoever asks. Public methods may be called from any thread."""

    def __init__(self, *, first_seq: int = 1, lookback: timedelta = timedelta(hours=36)) -> None:
        self.events: list[Stored] = []
        self.attempts: list[float] = []
        self.asked: list[dict[str, list[str]]] = []
        self.lookback = lookback
        self.dictionary: zstandard.ZstdCompressionDict | None = None
        self.stale_dictionary: zstandard.ZstdCompressionDict | None = None
        """What a cache before the server answers in place of its dictionary."""
        self._first_seq = first_seq
        self._refusals: list[Response] = []
        self._frozen = threading.Event()
        self._over = threading.Event()
        self._open: set[ServerConnection] = set()
        self._lock = threading.Lock()

    @contextmanager
    def served(self) -> Iterator[str]:
        """Run it; the base URL."""
        with serve(
            self._handle, "127.0.0.1", 0, process_request=self._process, compression=None, ping_interval=None
        ) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
            finally:
                self._over.set()
                self._frozen.clear()
                self.cut()
                server.shutdown()
                thread.join()

    def add(self, kind: str, body: dict[str, Any], *, did: str = "did:plc:example", at: datetime | None = None) -> str:
        """Keep an event that happens now, or at `at`; its record's URI."""
        with self._lock:
            self.events.append(Stored(self._next_seq(), at or datetime.now(UTC), kind, did, body))
        return f"at://{did}/{POSTS}/{body.get('rkey', '')}"

    def post(
        self,
        text: str,
        *,
        did: str = "did:plc:example",
        at: datetime | None = None,
        operation: str = "create",
        **more: Any,
    ) -> str:
        """Somebody writes or changes a post; its URI."""
        at = at or datetime.now(UTC)
        record = {"$type": POSTS, "text": text, "createdAt": at.isoformat().replace("+00:00", "Z"), **more}
        rkey = f"{tid(at)[:-2]}{len(self.events) % 900 + 100:03d}"[:13] if "rkey" not in more else more["rkey"]
        record.pop("rkey", None)
        body = {
            "operation": operation,
            "collection": POSTS,
            "rkey": rkey,
            "rev": tid(at),
            "record": record,
            "cid": "bafy",
        }
        return self.add("commit", body, did=did, at=at)

    def delete(self, uri: str) -> None:
        """Somebody deletes a post."""
        did, collection, rkey = uri.removeprefix("at://").split("/")
        self.add("commit", {"operation": "delete", "collection": collection, "rkey": rkey, "rev": "3l"}, did=did)

    def raw(self, frame: bytes) -> None:
        """Send this to everybody."""
        with self._lock:
            self.events.append(Stored(self._next_seq(), datetime.now(UTC), raw=frame))

    def _next_seq(self) -> int:
        return self._first_seq + len(self.events)

    def cut(self) -> None:
        """Break every connection off."""
        for connection in list(self._open):
            with suppress(OSError):
                connection.socket.shutdown(socket.SHUT_RDWR)

    def close(self, code: int) -> None:
        """Close every connection in order."""
        for connection in list(self._open):
            connection.close(code)

    def refuse(self, status: HTTPStatus, body: bytes = b"", **headers: str) -> None:
        """Break off, and answer the next attempt so."""
        shown = Headers({name.replace("_", "-"): value for name, value in headers.items()})
        shown["Content-Length"] = str(len(body))
        self.attempts.clear()
        self._refusals.append(Response(status.value, status.phrase, shown, body))
        self.cut()

    def freeze(self) -> None:
        """Keep what is open and answer nothing."""
        self._frozen.set()

    def thaw(self) -> None:
        self._frozen.clear()

    def _process(self, connection: ServerConnection, request: Request) -> Response | None:
        self._wait_while_frozen()
        parts = urlsplit(request.path)
        if parts.path == DICTIONARY_PATH:
            return self._answer_dictionary()
        self.attempts.append(time.monotonic())
        if self._refusals:
            return self._refusals.pop(0)
        query = parse_qs(parts.query)
        self.asked.append(query)
        return self._refuse_query(query) if parts.path == V2_PATH else None

    def _refuse_query(self, query: dict[str, list[str]]) -> Response | None:
        cursor = int(query.get("cursor", ["0"])[0])
        floor = next((event.seq for event in self.events if self._is_kept(event)), 0)
        if 0 < cursor < FIRST_TIME_CURSOR and cursor < floor:
            return _bad_request("CursorTooOld", f"cursor {cursor} is below {floor}")
        asked = query.get("zstdDictionary")
        if asked and (self.dictionary is None or int(asked[0]) != self.dictionary.dict_id()):
            return _bad_request("UnknownZstdDictionary", "no such dictionary")
        return None

    def _answer_dictionary(self) -> Response:
        if self.dictionary is None:
            return _bad_request("DictionaryNotFound", "there is none")
        content = (self.stale_dictionary or self.dictionary).as_bytes()
        return Response(200, "OK", Headers({"Content-Length": str(len(content)), "Connection": "close"}), content)

    def _is_kept(self, event: Stored) -> bool:
        return datetime.now(UTC) - event.at <= self.lookback

    def _wait_while_frozen(self) -> None:
        while self._frozen.is_set() and not self._over.is_set():
            time.sleep(TICK)

    def _handle(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        parts = urlsplit(connection.request.path)
        query = parse_qs(parts.query)
        wire = "v2" if parts.path == V2_PATH else "v1"
        pack = self._packer(query)
        with self._lock:
            self._open.add(connection)
        try:
            self._send(connection, wire, pack, self._start(query))
        except ConnectionClosed:
            pass
        finally:
            with self._lock:
                self._open.discard(connection)

    def _packer(self, query: dict[str, list[str]]) -> zstandard.ZstdCompressor | None:
        if self.dictionary is None or not ("zstdDictionary" in query or query.get("compress") == ["true"]):
            return None
        return zstandard.ZstdCompressor(dict_data=self.dictionary)

    def _start(self, query: dict[str, list[str]]) -> int:
        """The index of the first event to send."""
        if "cursor" not in query:
            return len(self.events)
        cursor = int(query["cursor"][0])
        for index, event in enumerate(self.events):
            position = event.seq if cursor < FIRST_TIME_CURSOR else microseconds(event.at)
            if position >= cursor and self._is_kept(event):
                return index
        return len(self.events)

    def _send(self, connection: ServerConnection, wire: str, pack: zstandard.ZstdCompressor | None, index: int) -> None:
        while not self._over.is_set():
            self._wait_while_frozen()
            while index < len(self.events) and not self._frozen.is_set():
                frame = self.events[index].frame(wire)
                connection.send(frame.decode(errors="replace") if pack is None else pack.compress(frame))
                index += 1
            # Read, so that a client's close is noticed.
            with suppress(TimeoutError):
                connection.recv(TICK)


def _bad_request(name: str, message: str) -> Response:
    body = msgspec.json.encode({"error": name, "message": message})
    headers = Headers({"Content-Length": str(len(body)), "Content-Type": "application/json"})
    return Response(400, "Bad Request", headers, body)


def trained_dictionary(samples: Sequence[bytes]) -> zstandard.ZstdCompressionDict:
    """A dictionary of our own, for wires that compress."""
    return zstandard.train_dictionary(4_096, list(samples))
