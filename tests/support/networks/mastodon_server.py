"""A local Mastodon: timelines by REST, the stream by server-sent events, users' tokens, and faults on demand."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any
from unicodedata import category, normalize
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "a-users-token"
HEARTBEAT = 0.2
LONGEST_HANG = 60


@dataclass
class Instance:
    """What one instance holds and how it behaves. Statuses are the API's own objects."""

    url: str = ""
    streaming_url: str = ""
    statuses: list[Any] = field(default_factory=list)
    hashtag: str = "tiktok"
    """The hashtag of every status."""
    access: str = "public"
    remote_access: str | None = None
    """Who sees statuses from elsewhere, if not those of `access`."""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    attempts: list[float] = field(default_factory=list)
    answers: Callable[[str], tuple[int, dict[str, str]] | None] = lambda path: None
    """What a path is answered instead, once each time it is asked."""
    streams: list[Queue[bytes | None]] = field(default_factory=list)
    flowing: threading.Event = field(default_factory=threading.Event)
    heartbeat: bytes = b":thump\n"
    last: int = 0

    def __post_init__(self) -> None:
        self.flowing.set()

    def status(self, text: str, **fields: Any) -> dict[str, Any]:
        """A status of this instance, not published yet."""
        now = fields.pop("at", None) or datetime.now(UTC)
        self.last = max(self.last + 1, int(now.timestamp() * 1000) << 16)
        return {
            "id": str(self.last),
            "uri": f"https://reef.example/users/coral/statuses/{self.last}",
            "url": f"https://reef.example/@coral/{self.last}",
            "created_at": now.isoformat().replace("+00:00", "Z"),
            "account": {"id": "7", "acct": "coral"},
            "content": f"<p>{text}</p>",
            "spoiler_text": "",
            "visibility": "public",
            "language": "en",
            "tags": [],
        } | fields

    def publish(self, *statuses: Any) -> None:
        """Into the timelines, and to whoever listens."""
        self.statuses += statuses
        for status in statuses:
            self.say("update", json.dumps(status))

    def edit(self, status: dict[str, Any], text: str) -> None:
        status |= {"content": f"<p>{text}</p>", "edited_at": datetime.now(UTC).isoformat()}
        self.say("status.update", json.dumps(status))

    def delete(self, status: dict[str, Any]) -> None:
        self.statuses = [each for each in self.statuses if each is not status]
        self.say("delete", status["id"])

    def say(self, event: str, data: str) -> None:
        for stream in self.streams:
            stream.put(f"event: {event}\ndata: {data}\n\n".encode())

    def cut(self) -> None:
        """Break off all streams."""
        for stream in self.streams:
            stream.put(None)

    @property
    def accesses(self) -> dict[str, str]:
        return {"local": self.access, "remote": self.remote_access or self.access}

    def is_open(self, parameters: dict[str, str]) -> bool:
        """Whether a stranger is shown a timeline, as `require_auth?` of the API's controllers decides."""
        asked = [origin for origin in self.accesses if parameters.get(origin) == "true"]
        return all(self.accesses[origin] == "public" for origin in asked[:1] or self.accesses)

    def timeline(self, path: str, parameters: dict[str, str]) -> list[Any]:
        """As the API pages: newest first; behind `min_id` those nearest to it. Nothing is of an unknown hashtag."""
        tag = unquote(path).partition("/timelines/tag/")[2]
        if tag and _filed(tag) != _filed(self.hashtag):
            return []
        known = [each for each in self.statuses if isinstance(each, dict) and "id" in each]
        others = [each for each in self.statuses if each not in known]
        limit = int(parameters.get("limit", 20))
        if "min_id" in parameters:
            behind = [each for each in known if int(each["id"]) > int(parameters["min_id"])]
            return [*others, *reversed(sorted(behind, key=_number)[:limit])]
        return [*others, *reversed(sorted(known, key=_number)[-limit:])]


def _filed(hashtag: str) -> str:
    """The name under which the API files a hashtag, as `app/lib/hashtag_normalizer.rb`."""
    lower = normalize("NFKC", hashtag).lower()
    bases = ((normalize("NFD", letter)[0], letter) for letter in lower)
    folded = (base if base.isascii() else letter for base, letter in bases)
    return "".join(
        each for each in folded if each.isalnum() or category(each)[0] == "M" or each in "_\u00b7\u30fb\u200c"
    )


def _listened(hashtag: str) -> str:
    """The name under which the streaming server looks for it, as `normalizeHashtag` of `streaming/utils.js`."""
    return "".join(each for each in _filed(hashtag) if category(each)[0] in "LN" or each in "_\u00b7\u200c")


def _number(status: dict[str, Any]) -> int:
    return int(status["id"])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    instance: Instance

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        parameters = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.instance.flowing.wait(LONGEST_HANG)
        self.instance.asked.append((parts.path, parameters))
        self.instance.attempts.append(time.monotonic())
        known = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        if special := self.instance.answers(parts.path):
            self._answer({"error": "special"}, *special)
        elif parts.path.startswith("/api/v1/streaming/"):
            heard = "tag" not in parameters or _listened(parameters["tag"]) == _filed(self.instance.hashtag)
            self._stream(heard) if known else self._answer({"error": "Missing access token"}, 401)
        elif parts.path.startswith("/api/v1/timelines/"):
            if known or self.instance.is_open(parameters):
                self._answer(self.instance.timeline(parts.path, parameters))
            else:
                self._answer({"error": "This method requires an authenticated user"}, 422)
        elif parts.path == "/api/v1/instance":
            self._answer({"urls": {"streaming_api": self.instance.streaming_url}, "version": "4.5.0"})
        elif parts.path == "/api/v2/instance":
            access = {"live_feeds": self.instance.accesses, "hashtag_feeds": self.instance.accesses}
            urls = {"streaming": self.instance.streaming_url}
            self._answer({"version": "4.5.0", "configuration": {"urls": urls, "timelines_access": access}})
        else:
            self._answer({"error": "Not found"}, 404)

    def _answer(self, body: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, heard: bool) -> None:
        """Stream what is said. A stream that is not heard brings signs of life only."""
        said: Queue[bytes | None] = Queue()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if heard:
            self.instance.streams.append(said)
        self.close_connection = True
        try:
            self._chunk(b":)\n")
            while True:
                try:
                    piece = said.get(timeout=HEARTBEAT)
                except Empty:
                    piece = self.instance.heartbeat
                self.instance.flowing.wait(LONGEST_HANG)
                if piece is None:
                    return
                self._chunk(piece)
        except OSError:
            return
        finally:
            if heard:
                self.instance.streams.remove(said)

    def _chunk(self, piece: bytes) -> None:
        self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@contextmanager
def mastodon() -> Iterator[Instance]:
    """An instance that runs until the block ends; its stream has the same address, as it says itself."""
    instance = Instance()
    handler = type("Handler", (_Handler,), {"instance": instance})
    listening = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    listening.daemon_threads = True
    instance.url = f"http://127.0.0.1:{listening.server_port}"
    instance.streaming_url = f"ws://127.0.0.1:{listening.server_port}"
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield instance
    finally:
        instance.flowing.set()
        instance.cut()
        listening.shutdown()
        listening.server_close()
        thread.join()
