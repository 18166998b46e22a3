"""One attempt to read a feed: threads read its stream and its timeline, and put events into a bounded queue."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Full, Queue

import httpx

from ingest.errors import Permanent, Transient
from ingest.source import Clock
from ingest.sources.mastodon.client import STREAM_PATIENCE, Instance, InstanceInfo, meaning
from ingest.sources.mastodon.mapping import id_at, is_behind, later, time_at
from ingest.sources.mastodon.pursuit import Pursuit
from ingest.sources.mastodon.timelines import Timeline
from ingest.transport.http_stream import Stream
from ingest.transport.sse import Event, EventReader, TooLong

STREAM_OVERLAP = timedelta(minutes=1)
"""How long the timeline is read beside the stream, because an instance's clock may differ by as much."""

NEAR = timedelta(seconds=10)
"""A timeline that is read up to less than this before now rests until its next turn."""

STATUS_EVENTS = frozenset({"update", "status.update", "delete"})


@dataclass(frozen=True, slots=True)
class StreamedEvent:
    """An event of the stream: its name and its data."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Alive:
    """The stream is connected, or reports that it still is."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A page of the timeline, oldest first, and the highest id up to which the timeline is read."""

    statuses: tuple[bytes, ...]
    read_to: str | None


@dataclass(frozen=True, slots=True)
class Filled:
    """The timeline is read to its end as of `at`, with `pages` pages. `whole` means that nothing was missed."""

    at: datetime
    pages: int
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Missed:
    """The statuses between two times were skipped, because more appear than the instance lets a client read."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """The attempt has ended; `error` is the reason."""

    error: Exception


News = StreamedEvent | Alive | Fetched | Filled | Missed | Ended


@dataclass
class Attempt:
    """Puts pairs of itself and an event into `events`, until it is stopped."""

    feed: Timeline
    instance: Instance
    events: Queue[tuple[Attempt, News]]
    clock: Clock
    introduced: bool = False
    """Whether the instance has recently confirmed that it shows this timeline."""
    _stopped: threading.Event = field(default_factory=threading.Event)
    _stream: Stream | None = None

    def begin(self, position: str | None) -> None:
        """Read the timeline from `position` to its end. If the feed is streamed, connect to the stream first."""
        self._start(lambda client: self._begin(client, position))

    def stop(self) -> None:
        """Stop the attempt. Its threads end on their own; a thread that waits for the stream ends now."""
        self._stopped.set()
        if self._stream is not None:
            self._stream.stop()

    def _put(self, event: News) -> bool:
        """Put an event into the queue, waiting while the queue is full. Return False after `stop`."""
        while not self._stopped.is_set():
            with suppress(Full):
                self.events.put((self, event), timeout=0.25)
                return True
        return False

    def _start(self, work: Callable[[httpx.Client], None]) -> None:
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def _run(self, work: Callable[[httpx.Client], None]) -> None:
        try:
            with self.instance.open() as client:
                work(client)
        except Permanent as error:
            self._put(Ended(meaning(error, self.feed)))
        except TooLong as error:
            self._put(Ended(Transient(f"The stream of {self.feed.part} broke off: {error}")))
        except Exception as error:  # noqa: BLE001 - the reader of the events raises or reports it
            self._put(Ended(error))

    def _begin(self, client: httpx.Client, position: str | None) -> None:
        if self.feed.streamed:
            self._listen(client, position, self._word(client))
            return
        if not self.introduced:
            self._word(client)
        self._fill(client, position, until=None)

    def _word(self, client: httpx.Client) -> InstanceInfo:
        word = self.instance.word(client, self._stopped)
        if not word.shows(self.feed):
            raise Permanent(word.refusal(self.feed))
        return word

    def _listen(self, client: httpx.Client, position: str | None, word: InstanceInfo) -> None:
        with self.instance.stream(client, self.feed, word) as self._stream:
            # From here on the stream misses nothing, so the gap before it can be filled.
            until = id_at(self.clock() + STREAM_OVERLAP)
            if self._put(Alive()):
                self._start(lambda client: self._fill(client, position, until=until))
                self._follow(self._stream)

    def _follow(self, stream: Stream) -> None:
        """Pass on the events of a stream until it ends or the attempt is stopped."""
        reader, heard = EventReader(), self.clock()
        for piece in stream.pieces():
            for event in reader.feed(piece):
                if not self._take(event):
                    return
                heard = self.clock()
            if self.clock() - heard > STREAM_PATIENCE:
                raise Transient(f"The stream of {self.feed.part} has brought no whole event for {STREAM_PATIENCE}.")
        raise Transient(f"The stream of {self.feed.part} was closed by the instance.")

    def _take(self, event: Event) -> bool:
        """Pass an event on. Return False after `stop`."""
        if not event.name:
            return self._put(Alive())
        return event.name not in STATUS_EVENTS or self._put(StreamedEvent(event.name, event.data))

    def _fill(self, client: httpx.Client, position: str | None, until: str | None) -> None:
        """Read the timeline page by page, to its end or to the id after which the stream has everything."""
        pursuit, pages = Pursuit(self.clock()), 0
        while not self._stopped.wait(self.instance.allowance.turn().total_seconds()):
            asked_at = self.clock()
            page = self.instance.page(client, self.feed, position, self._stopped)
            read_to, pages = later(position, page.highest), pages + 1
            self._put(Fetched(page.statuses, read_to))
            reached = time_at(read_to)
            if position is None or read_to == position or (until is not None and is_behind(read_to, until)):
                self._put(Filled(asked_at, pages))
                return
            if until is None and reached is not None and asked_at - reached < NEAR:
                # A busy timeline would otherwise be read without a pause, and late statuses would be missed.
                self._put(Filled(reached, pages))
                return
            position, pursuit = read_to, pursuit.step(asked_at, reached)
            if until is None and reached is not None and pursuit.is_lost:
                self._leap(client, reached, pages)
                return

    def _leap(self, client: httpx.Client, since: datetime, pages: int) -> None:
        """Give up a timeline that grows faster than it can be read, and go on at its end."""
        self._stopped.wait(self.instance.allowance.turn().total_seconds())
        asked_at = self.clock()
        page = self.instance.page(client, self.feed, None, self._stopped)
        # The gap is reported first, so that no watermark covers it.
        self._put(Missed(since, time_at(page.highest) or asked_at))
        self._put(Fetched(page.statuses, page.highest))
        self._put(Filled(asked_at, pages, whole=False))
