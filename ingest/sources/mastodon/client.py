"""One instance's interface over HTTP: what it says of itself, pages of its timelines, and its streams.

Whatever is in here may block: it is for threads.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import httpx
import msgspec

from ingest.errors import Permanent
from ingest.retry import retry_after
from ingest.source import Clock
from ingest.sources.mastodon.mapping import Number, can_be_reached, later
from ingest.sources.mastodon.timelines import Timeline
from ingest.transport.http import HttpResponse, Refused, fetch, open_client, place
from ingest.transport.http_stream import Stream, open_stream

PAGE = 40
"""Statuses on a page: the most that an instance gives."""

LARGEST_PAGE = 8 * 1024 * 1024
LARGEST_WORD = 1024 * 1024
"""Bytes of what an instance says of itself."""

STREAM_PATIENCE = timedelta(seconds=60)
"""An instance that is alive says so every 15 seconds."""

SECURE = {"https": "https", "wss": "https"}
PLAIN = {"http": "http", "ws": "http"}


@dataclass
class Allowance:
    """When an instance may be asked for the next page. Its timelines share this, because they share its limits."""

    pace: timedelta
    clock: Clock
    _next: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def turn(self) -> timedelta:
        """Take the next turn, and say how long it is until then."""
        with self._lock:
            now = self.clock()
            at = max(now, self._next or now)
            self._next = at + self.pace
            return at - now

    def heed(self, wait: timedelta | None) -> None:
        """Keep to what the instance asks for."""
        if wait is not None:
            with self._lock:
                until = self.clock() + wait
                self._next = max(until, self._next or until)


class _Access(msgspec.Struct, frozen=True):
    """Who is shown a kind of timeline: `public`, `authenticated` or `disabled`, of both origins of statuses."""

    local: str = "public"
    remote: str = "public"


class _Timelines(msgspec.Struct, frozen=True):
    live_feeds: _Access = _Access()
    hashtag_feeds: _Access = _Access()


class _Urls(msgspec.Struct, frozen=True):
    streaming: str | None = None
    streaming_api: str | None = None


class _Configuration(msgspec.Struct, frozen=True):
    urls: _Urls = _Urls()
    timelines_access: _Timelines = _Timelines()


class InstanceInfo(msgspec.Struct, frozen=True):
    """What an instance says of itself, in the second version of this or in the first."""

    configuration: _Configuration = _Configuration()
    urls: _Urls = _Urls()

    @classmethod
    def of(cls, raw: bytes) -> InstanceInfo:
        """Out of the JSON.

        Raises:
            ValueError: it is none, or says something else.
        """
        try:
            return msgspec.json.decode(raw, type=cls)
        except RecursionError as error:
            raise ValueError(str(error)) from error

    @property
    def streaming(self) -> str | None:
        """Where its streams are, if it says so."""
        return self.configuration.urls.streaming or self.urls.streaming_api

    def shows(self, feed: Timeline) -> bool:
        """Whether it shows a timeline to whoever reads it. An instance from before 4.5 does not say, and may."""
        access = self.configuration.timelines_access
        of = access.hashtag_feeds if feed.tag else access.live_feeds
        asked = [of.local] if feed.local else [of.remote] if feed.remote else [of.local, of.remote]
        closed = {"disabled"} if feed.token else {"disabled", "authenticated"}
        return not closed.issuperset(asked)


class _Numbered(msgspec.Struct, frozen=True):
    id: Number


@dataclass(frozen=True, slots=True)
class StatusPage:
    """A page of a timeline: its statuses as JSON, oldest first, and the highest id on it."""

    statuses: tuple[bytes, ...]
    highest: str | None


@dataclass
class Instance:
    """One instance; `allowance` is shared by all who ask it."""

    base_url: str
    token: str | None = field(repr=False)
    contact: str
    clock: Clock
    allowance: Allowance

    @property
    def host(self) -> str:
        """The instance's name."""
        return urlsplit(self.base_url).netloc

    def open(self) -> httpx.Client:
        """A connection to it.

        Raises:
            Misconfigured: its address or the contact cannot be used.
        """
        return open_client(self.base_url, contact=self.contact)

    def word(self, client: httpx.Client, gone: threading.Event) -> InstanceInfo:
        """What it says of itself; nothing, where it is other software that does not.

        Raises:
            Transient
        """
        for version in ("v2", "v1"):
            try:
                answer = self._get(client, f"/api/{version}/instance", {}, gone, LARGEST_WORD)
                word = InstanceInfo.of(answer.body)
            except (Permanent, ValueError):
                # Whatever it is that answers so: whether its timeline can be read is seen there.
                continue
            if self._is_its_own(answer):
                return word
        return InstanceInfo()

    def page(self, client: httpx.Client, feed: Timeline, behind: str | None, gone: threading.Event) -> StatusPage:
        """The statuses nearest behind an id, or the newest.

        Raises:
            Transient, Permanent
        """
        wanted = feed.bounds | {"limit": str(PAGE)} | ({} if behind is None else {"min_id": behind})
        answer = self._get(client, feed.timeline, wanted, gone, LARGEST_PAGE)
        statuses = _statuses(answer)
        highest: str | None = None
        for number in map(_number, statuses):
            if number is not None and can_be_reached(number, self.clock()):
                highest = later(highest, number)
        return StatusPage(tuple(reversed(statuses)), highest)

    @contextmanager
    def stream(self, client: httpx.Client, feed: Timeline, word: InstanceInfo) -> Iterator[Stream]:
        """Connect to a stream.

        Raises:
            Transient, Permanent
        """
        with open_stream(
            client,
            self._streaming_base(word) + feed.stream,
            clock=self.clock,
            within=STREAM_PATIENCE,
            headers=self._headers(),
            media_type="text/event-stream",
            named_by=urlsplit(self.base_url).hostname or "",
        ) as stream:
            yield stream

    def _get(
        self, client: httpx.Client, path: str, params: Mapping[str, str], gone: threading.Event, most_bytes: int
    ) -> HttpResponse:
        answer = fetch(
            client, path, clock=self.clock, params=params, headers=self._headers(), most_bytes=most_bytes, gone=gone
        )
        if answer.headers.get("x-ratelimit-remaining", "1") == "0":
            self.allowance.heed(retry_after(answer.headers, self.clock()))
        return answer

    def _headers(self) -> dict[str, str]:
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}

    def _is_its_own(self, answer: HttpResponse) -> bool:
        """Whether the instance itself answered. Another host does not say where its token goes."""
        asked, answered = httpx.URL(self.base_url), httpx.URL(answer.url)
        return (asked.scheme, asked.netloc) == (answered.scheme, answered.netloc)

    def _streaming_base(self, word: InstanceInfo) -> str:
        if word.streaming is None:
            return self.base_url
        schemes = SECURE if self.base_url.startswith("https:") else SECURE | PLAIN
        with suppress(ValueError):
            parts = urlsplit(word.streaming)
            if parts.scheme in schemes and parts.hostname and "@" not in parts.netloc:
                return f"{schemes[parts.scheme]}://{parts.netloc}"
        raise Permanent(f"{self.host} names a place of its streams to which no token can go: {word.streaming[:200]!r}.")


def _statuses(answer: HttpResponse) -> list[bytes]:
    """A page cut into its statuses. Whatever one of them holds, the others can be read."""
    try:
        page = json.loads(answer.body.decode(errors="replace"))
        if isinstance(page, list):
            return [json.dumps(status, ensure_ascii=False).encode(errors="surrogatepass") for status in page]
    except (ValueError, RecursionError) as error:
        raise Permanent(f"{place(answer.url)} answered with something that is no JSON: {error}.") from error
    raise Permanent(f"{place(answer.url)} answered with something that is no list of statuses.")


def _number(status: bytes) -> str | None:
    """A status's id, also where nothing else of it can be read."""
    try:
        return msgspec.json.decode(status, type=_Numbered).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def meaning(error: Permanent, feed: Timeline) -> Permanent:
    """The same with what a person can do about it."""
    if not isinstance(error, Refused) or error.status not in {401, 403, 422}:
        return error
    advice = "make a new token of it" if feed.token else "it may want a user's token"
    return Refused(f"{error} If {feed.host} is to be read, {advice}: see BANWATCH_MASTODON_TOKENS.", error.status)
