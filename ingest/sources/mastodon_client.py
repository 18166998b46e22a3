"""Mastodon.py at the edge: one feed of one instance, read by threads that hand what comes to a bounded queue.

Mastodon.py blocks: it reads streams for ever and pages with a timeout, hence threads. Two of its habits are undone: it
hides a failed look at the instance and goes on (`Session` makes the first failure final), and it ends a stream at
the first event that is no JSON (`Listener` takes events as bytes).
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Full, Queue
from typing import Any

import requests
from mastodon import Mastodon, MastodonError, StreamListener
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from ingest.source import Clock, Permanent, Transient
from ingest.sources.http import LONGEST_ANSWER, MOST_BYTES, Refused, asked_wait, failure
from ingest.sources.mastodon_feed import Feed
from ingest.sources.mastodon_status import later
from ingest.sources.server_sent import Event, EventReader, TooLong

REQUEST_PATIENCE = 20.0
STREAM_PATIENCE = 60.0
"""An instance that is alive says so every 15 seconds."""

PIECE = 65_536
PAGE = 40
STATUS_EVENTS = frozenset({"update", "status.update", "delete"})


@dataclass(frozen=True, slots=True)
class Streamed:
    """An event of the stream: its name and its data."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Alive:
    """The stream is connected, or says that it still is."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page of the timeline, oldest first, and the highest id on it."""

    statuses: list[Any]
    read_to: str | None


@dataclass(frozen=True, slots=True)
class Filled:
    """The timeline has been read to its end, as it was at a time."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing more comes of this attempt, and why."""

    error: Exception


News = Streamed | Alive | Fetched | Filled | Ended


class BoundedAdapter(HTTPAdapter):
    """Reads an answer, a redirect's too, up to a bound in size and time, but for a stream, which has neither."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def send(self, request: Any, stream: bool = False, **options: Any) -> requests.Response:  # type: ignore[override]
        """Ask once."""
        response = super().send(request, stream=True, **options)
        if not stream or response.is_redirect or not response.ok:
            with closing(response.raw) as raw:
                response.raw = io.BytesIO(self._body(raw))
        return response

    def _body(self, raw: Any) -> bytes:
        body, until = bytearray(), self.clock() + LONGEST_ANSWER
        try:
            while piece := raw.read1(PIECE, decode_content=True):
                body += piece
                if len(body) > MOST_BYTES:
                    raise requests.ConnectionError(f"it sent more than {MOST_BYTES:,} bytes")
                if self.clock() > until:
                    raise requests.Timeout(f"it has not finished its answer within {LONGEST_ANSWER}")
        except HTTPError as error:
            raise requests.ConnectionError(f"it broke off: {error}") from error
        return bytes(body)


class Session(requests.Session):
    """Remembers the answers. After a failure that passes, nothing more is asked: the attempt is over."""

    def __init__(self, place: str, clock: Clock) -> None:
        super().__init__()
        self.place = place
        self.clock = clock
        self.trouble: Transient | None = None
        self.last: requests.Response | None = None
        for scheme in ("http://", "https://"):
            self.mount(scheme, BoundedAdapter(clock))

    def send(self, request: Any, **options: Any) -> requests.Response:
        """Ask, unless asking has already failed."""
        if self.trouble is not None:
            raise requests.ConnectionError("an earlier request of this attempt failed")
        try:
            response = super().send(request, **options)
        except requests.RequestException as error:
            self.trouble = Transient(f"{self.place} does not answer: {error}.")
            raise
        self.last = response
        if isinstance(failed := self.failed(), Transient):
            self.trouble = failed
        return response

    def failed(self) -> Transient | Refused | None:
        """What the last answer means, if it is no success."""
        if self.last is None:
            return None
        return failure(self.last.status_code, self.last.headers, self.last.url, self.clock())

    def wait_asked(self) -> timedelta:
        """How long the last answer asks to be left alone, because what it allows is used up."""
        if self.last is None or self.last.headers.get("x-ratelimit-remaining", "1") != "0":
            return timedelta()
        return asked_wait(self.last.headers, self.clock()) or timedelta()


@dataclass
class Attempt:
    """One attempt at a feed. Its events go to `events` with the attempt itself, until it is stopped."""

    feed: Feed
    events: Queue[tuple[Attempt, News]]
    clock: Clock
    pace: timedelta
    new: bool = True
    """Whether it is still to be asked if the instance shows the feed at all."""
    _stopped: threading.Event = field(default_factory=threading.Event)
    _response: requests.Response | None = None

    def stream(self, position: str | None) -> None:
        """Connect to the stream; once connected, fill the gap behind `position` by the timeline."""
        self._start(lambda client: self._stream(client, position))

    def fill(self, position: str | None) -> None:
        """Read the timeline from `position` to its end."""
        self._start(lambda client: self._fill(client, position))

    def stop(self) -> None:
        """Leave the threads behind: they end by themselves, now if they wait for a stream."""
        self._stopped.set()
        response = self._response
        if response is not None:
            with suppress(OSError, ValueError, RuntimeError, AttributeError):
                response.raw.shutdown()

    def put(self, event: News) -> bool:
        """Hand an event over, waiting while the reader is slow; false once nobody reads any more."""
        while not self._stopped.is_set():
            with suppress(Full):
                self.events.put((self, event), timeout=0.25)
                return True
        return False

    def _start(self, work: Callable[[Mastodon], None]) -> None:
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def _run(self, work: Callable[[Mastodon], None]) -> None:
        with Session(self.feed.host, self.clock) as session:
            try:
                client = Mastodon(
                    access_token=self.feed.token,
                    api_base_url=self.feed.base_url,
                    session=session,
                    request_timeout=REQUEST_PATIENCE,
                    ratelimit_method="throw",
                    user_agent=self.feed.user_agent,
                )
                if self.new:
                    self._require_shown(client)
                work(client)
            except Permanent as error:
                self.put(Ended(error))
            except (MastodonError, HTTPError, OSError, TooLong) as error:
                self.put(Ended(self._meaning(session, error)))
            except Exception as error:  # noqa: BLE001 - it is raised where the events are read
                self.put(Ended(error))

    def _meaning(self, session: Session, error: Exception) -> Transient | Permanent:
        failed = session.trouble or session.failed()
        if isinstance(failed, Refused):
            hint = "" if self.feed.token else " It may want a user's token: see BANWATCH_MASTODON_TOKENS."
            return Refused(f"{self.feed}: {failed}{hint}", failed.status)
        return failed or Transient(f"{self.feed} broke off: {error}.")

    def _require_shown(self, client: Mastodon) -> None:
        feed = self.feed
        if not client.timeline_is_available(
            feed.kind, local=feed.local, remote=feed.remote, with_auth=feed.token is not None
        ):
            whom = "" if feed.token else " to those without a user's token"
            raise Permanent(f"{feed} is not shown{whom}: the instance has closed this timeline.")

    def _stream(self, client: Mastodon, position: str | None) -> None:
        listener = Listener(self, position)
        if self.feed.tag:
            client.stream_hashtag(self.feed.tag, listener, timeout=STREAM_PATIENCE)
        else:
            client.stream_public(listener, timeout=STREAM_PATIENCE, local=self.feed.local, remote=self.feed.remote)
        raise MastodonError("the instance closed the stream")

    def _fill(self, client: Mastodon, position: str | None) -> None:
        session: Any = client.session
        while not self._stopped.is_set():
            asked_at = self.clock()
            page = self._page(client, position)
            read_to = position
            for status in page:
                read_to = later(read_to, str(status["id"]) if isinstance(status, dict) and "id" in status else None)
            if page:
                self.put(Fetched(list(reversed(page)), read_to))
            if position is None or read_to == position:
                self.put(Filled(asked_at))
                return
            position = read_to
            self._stopped.wait(max(self.pace, session.wait_asked()).total_seconds())

    def _page(self, client: Mastodon, position: str | None) -> list[Any]:
        bounds: dict[str, Any] = {"limit": PAGE, "local": self.feed.local, "remote": self.feed.remote}
        if position is not None:
            bounds["min_id"] = position
        if self.feed.tag:
            return list(client.timeline_hashtag(self.feed.tag, **bounds))
        return list(client.timeline_public(**bounds))

    def connected(self, response: requests.Response, position: str | None) -> None:
        """The stream is there: from here on nothing is missed, so that the gap before it can be filled."""
        self._response = response
        if self._stopped.is_set():
            self.stop()
        self.new = False
        self.put(Alive())
        self.fill(position)


class Listener(StreamListener):
    """Takes the events of a stream as bytes, whatever they hold."""

    def __init__(self, attempt: Attempt, position: str | None) -> None:
        self.attempt = attempt
        self.position = position

    def handle_stream(self, response: requests.Response) -> None:
        """Read server-sent events until the stream ends or nobody reads any more."""
        self.attempt.connected(response, self.position)
        reader = EventReader()
        while piece := response.raw.read1(PIECE, decode_content=True):
            for event in reader.feed(piece):
                if not self._take(event):
                    return

    def _take(self, event: Event) -> bool:
        """Hand an event over; false once nobody reads any more."""
        if not event.name:
            return self.attempt.put(Alive())
        return event.name not in STATUS_EVENTS or self.attempt.put(Streamed(event.name, event.data))
