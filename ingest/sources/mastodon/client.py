"""The HTTP interface of one instance: its description of itself, pages of its timelines, and its streams.

Every call here may block, so the callers are threads.
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
"""Statuses on a page, the most that an instance allows."""

LARGEST_PAGE = 8 * 1024 * 1024
LARGEST_WORD = 1024 * 1024
"""The largest description of an instance, in bytes."""

STREAM_PATIENCE = timedelta(seconds=60)
"""The longest silence of a stream. A working instance sends a sign of life every 15 seconds."""

SECURE = {"https": "https", "wss": "https"}
PLAIN = {"http": "http", "ws": "http"}


@dataclass
class Allowance:
    """The schedule of an instance's pages.

    All timelines of the instance share it, because they share its rate limit.
    """

    pace: timedelta
    clock: Clock
    _next: datetime | None = None
    _seen: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def turn(self) -> timedelta:
        """Take the next turn, and return the time until it."""
        with self._lock:
            now = self._now()
            at = max(now, self._next or now)
            self._next = at + self.pace
            return at - now

    def heed(self, wait: timedelta | None) -> None:
        """Keep to the pause that the instance asks for."""
        if wait is not None:
            with self._lock:
                until = self._now() + wait
                self._next = max(until, self._next or until)

    def _now(self) -> datetime:
        """Return the time. If the clock was set back, move the next turn back too."""
        now = self.clock()
        if self._next is not None and self._seen is not None and now < self._seen:
            self._next -= self._seen - now
        self._seen = now
        return now


class _Access(msgspec.Struct, frozen=True):
    """The readers to whom a kind of timeline is shown, for both origins: `public`, `authenticated` or `disabled`."""

    local: str = "public"
    remote: str = "public"

    def is_shown(self, feed: Timeline) -> bool:
        """Return whether a timeline is shown to its reader.

        With a token, an instance leaves out the origin that is disabled. Without a token, it refuses a timeline of both
        origins if one of them is not public.
        """
        asked = [self.local] if feed.local else [self.remote] if feed.remote else [self.local, self.remote]
        if feed.token:
            return any(access != "disabled" for access in asked)
        return all(access == "public" for access in asked)


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
    """The instance's description of itself, in version 2 or version 1 of the interface."""

    configuration: _Configuration = _Configuration()
    urls: _Urls = _Urls()

    @classmethod
    def of(cls, raw: bytes) -> InstanceInfo:
        """Return the description in the JSON.

        Raises:
            ValueError: the JSON is not a description of an instance.
        """
        try:
            return msgspec.json.decode(raw, type=cls)
        except RecursionError as error:
            raise ValueError(str(error)) from error

    @property
    def streaming(self) -> str | None:
        """The address of the instance's streams, or None."""
        return self.configuration.urls.streaming or self.urls.streaming_api

    def shows(self, feed: Timeline) -> bool:
        """Return whether the instance shows a timeline to the reader.

        An instance before version 4.5 does not say; it may.
        """
        return self._access(feed).is_shown(feed)

    def refusal(self, feed: Timeline) -> str:
        """Return the sentence that says that a timeline is not shown, and what to set."""
        if feed.token:
            return "The instance does not show this timeline."
        access = self._access(feed)
        half = "local" if access.local == "public" else "remote" if access.remote == "public" else None
        whom = "to those without a user's token: see BANWATCH_MASTODON_TOKENS"
        if half is None or feed.tag or feed.local or feed.remote:
            return f"The instance does not show this timeline {whom}."
        return f"The instance shows only {half} statuses {whom}, or set BANWATCH_MASTODON_PUBLIC to {half}."

    def _access(self, feed: Timeline) -> _Access:
        access = self.configuration.timelines_access
        return access.hashtag_feeds if feed.tag else access.live_feeds


class _Numbered(msgspec.Struct, frozen=True):
    id: Number


@dataclass(frozen=True, slots=True)
class StatusPage:
    """A page of a timeline: its statuses as JSON, oldest first, and the highest id on the page."""

    statuses: tuple[bytes, ...]
    highest: str | None


@dataclass
class Instance:
    """One instance. All readers of the instance share `allowance`."""

    base_url: str
    token: str | None = field(repr=False)
    contact: str
    clock: Clock
    allowance: Allowance

    @property
    def host(self) -> str:
        """The instance's host name."""
        return urlsplit(self.base_url).netloc

    def open(self) -> httpx.Client:
        """Return a client for the instance.

        Raises:
            Misconfigured: the address or the contact is invalid.
        """
        return open_client(self.base_url, contact=self.contact)

    def word(self, client: httpx.Client, gone: threading.Event) -> InstanceInfo:
        """Return the instance's description of itself. It is empty for other software that has none.

        Raises:
            Transient: the instance does not answer.
        """
        for version in ("v2", "v1"):
            try:
                answer = self._get(client, f"/api/{version}/instance", {}, gone, LARGEST_WORD)
                word = InstanceInfo.of(answer.body)
            except (Permanent, ValueError):
                # The server is of an unknown kind. Reading the timeline will show whether it works.
                continue
            if self._is_its_own(answer):
                return word
        return InstanceInfo()

    def page(self, client: httpx.Client, feed: Timeline, behind: str | None, gone: threading.Event) -> StatusPage:
        """Return the statuses just after the id `behind`, or the newest statuses if it is None.

        Raises:
            Transient: the instance does not answer.
            Permanent: the instance refuses the page.
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
            Transient: the instance does not answer.
            Permanent: the instance refuses the stream.
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
        """Return whether the instance itself answered. Another host must not decide where the token is sent."""
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
    """Return the statuses of a page, each as JSON. A broken status does not affect the others."""
    try:
        page = json.loads(answer.body.decode(errors="replace"))
        if isinstance(page, list):
            return [json.dumps(status, ensure_ascii=False).encode(errors="surrogatepass") for status in page]
    except (ValueError, RecursionError) as error:
        raise Permanent(f"{place(answer.url)} answered with something that is no JSON: {error}.") from error
    raise Permanent(f"{place(answer.url)} answered with something that is no list of statuses.")


def _number(status: bytes) -> str | None:
    """Return a status's id, even if nothing else in the status can be read."""
    try:
        return msgspec.json.decode(status, type=_Numbered).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def meaning(error: Permanent, feed: Timeline) -> Permanent:
    """Return the error with advice for a person."""
    if not isinstance(error, Refused) or error.status not in {401, 403, 422}:
        return error
    advice = "make a new token of it" if feed.token else "it may want a user's token"
    return Refused(f"{error} If {feed.host} is to be read, {advice}: see BANWATCH_MASTODON_TOKENS.", error.status)
