"""All feeds of Mastodon in one iterator: what the threads hand over, as steps of the source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Empty, Queue

import msgspec

from ingest.backoff import BackoffPolicy, Failures, failed
from ingest.contract import Moment
from ingest.source import Clock, Cursor, Item, Pause, Permanent, Reached, Transient, decode_cursor
from ingest.sources import mastodon_client as client
from ingest.sources.http import TURN
from ingest.sources.mapping import mapped
from ingest.sources.mastodon_feed import Feed
from ingest.sources.mastodon_status import (
    SOURCE,
    Lately,
    NotAStatus,
    Status,
    convert_status,
    id_at,
    later,
    read_status,
    rejected,
    rewound,
    to_delete,
    to_post,
)

MOST_WAITING = 1_000
"""Events between the threads and their reader: a slow log slows the stream, and memory stays bounded."""

KNOWN = 20_000
"""Statuses of an instance whose deletion is understood: a deletion names nothing but the instance's own number."""

OVERLAP = timedelta(minutes=5)
"""Read again when a gap is filled: a status of another instance that arrives late has a number of its own time."""

REST = timedelta(hours=1)
"""Until a feed that was refused is tried again."""

BACKOFF = BackoffPolicy()


@dataclass(frozen=True, slots=True)
class Pacing:
    """How often instances are asked; `chance` gives random numbers in [0, 1) for the back-off."""

    pace: timedelta
    poll_every: timedelta
    lag: timedelta
    chance: Callable[[], float]


class Saved(msgspec.Struct, frozen=True):
    """The cursor: where each feed is."""

    since: Moment | None = None
    feeds: dict[str, str] = {}


@dataclass
class Line:
    """How one feed is being read."""

    feed: Feed
    due: datetime
    position: str | None
    head: str | None = None
    """The highest number seen while the gap below it is not filled yet."""
    attempt: client.Attempt | None = None
    filling: bool = False
    connected_at: datetime | None = None
    covered: datetime | None = None
    failures: Failures = field(default_factory=Failures)
    trouble: Transient | Permanent | None = None


@dataclass
class Memory:
    """What was seen lately: so that a status is sent once, and a deletion is understood."""

    sent: Lately[tuple[str, str], None] = field(default_factory=lambda: Lately(KNOWN))
    by_number: dict[str, Lately[str, tuple[str, datetime]]] = field(default_factory=dict)

    def is_new(self, uri: str, version: str) -> bool:
        """Whether this version of a status has not been seen yet; it has now."""
        new = (uri, version) not in self.sent
        self.sent.put((uri, version), None)
        return new

    def of(self, host: str) -> Lately[str, tuple[str, datetime]]:
        """An instance's statuses by its own numbers."""
        return self.by_number.setdefault(host, Lately(KNOWN))


class Reading:
    """One reading of all feeds: what the threads hand over, as steps of the source."""

    def __init__(
        self, feeds: tuple[Feed, ...], pacing: Pacing, since: datetime | None, clock: Clock, cursor: Cursor
    ) -> None:
        now = clock()
        kept = decode_cursor(cursor, Saved, SOURCE)
        start = None if since is None else id_at(since)
        self.clock, self.pacing = clock, pacing
        self.since = kept.since or since or now
        self.lines = [Line(feed, now, kept.feeds.get(feed.key, start)) for feed in feeds]
        self.positions: dict[str, object] = dict(kept.feeds)
        self.events: Queue[tuple[client.Attempt, client.News]] = Queue(MOST_WAITING)
        self.memory = Memory()
        self.told: datetime | None = None

    def run(self) -> Iterator[Item | Reached | Pause]:
        """Take what comes, for ever."""
        try:
            while True:
                for line in self.lines:
                    if line.attempt is None and self.clock() >= line.due:
                        self._start(line)
                try:
                    attempt, event = self.events.get(timeout=TURN)
                except Empty:
                    yield Pause(0)
                    continue
                for line in self.lines:
                    if line.attempt is attempt:
                        yield from self._take(line, event)
                yield from self._reach()
                # Events that pass without a post are no reason to keep whoever reads from stopping.
                yield Pause(0)
        finally:
            for line in self.lines:
                if line.attempt is not None:
                    line.attempt.stop()

    def _start(self, line: Line) -> None:
        new = line.covered is None
        line.attempt = client.Attempt(line.feed, self.events, self.clock, self.pacing.pace, new)
        line.head, line.filling, line.connected_at = None, True, None
        overlapping = None if line.position is None else rewound(line.position, OVERLAP)
        (line.attempt.stream if line.feed.streamed else line.attempt.fill)(overlapping)

    def _take(self, line: Line, event: client.News) -> Iterator[Item]:
        match event:
            case client.Alive():
                line.connected_at = line.connected_at or self.clock()
                self._cover(line, self.clock())
            case client.Streamed(name, data):
                yield from self._streamed(line, name, data)
                self._cover(line, self.clock())
            case client.Fetched(statuses, read_to):
                for entity in statuses:
                    yield from self._fetched(line, entity)
                self._advance(line, read_to)
            case client.Filled(at):
                line.filling = False
                self._advance(line, line.head)
                self._cover(line, at)
                if not line.feed.streamed:
                    line.attempt, line.due = None, self.clock() + self.pacing.poll_every
                    line.failures = Failures()
            case client.Ended(error):
                self._end(line, error)

    def _streamed(self, line: Line, name: str, data: bytes) -> Iterator[Item]:
        if name == "delete":
            yield from self._deleted(line, data.decode(errors="replace").strip().strip('"'))
            return
        try:
            status = read_status(data)
        except NotAStatus as error:
            yield Item(rejected(f"{line.feed.key} {name}", error, data), self._cursor())
            return
        line.head = later(line.head, status.id)
        if not line.filling and name == "update":
            self._advance(line, status.id)
        yield from self._found(line, status, data)

    def _fetched(self, line: Line, entity: object) -> Iterator[Item]:
        raw = str(entity).encode(errors="replace")
        try:
            status = convert_status(entity)
        except NotAStatus as error:
            if self.memory.is_new(line.feed.key, str(hash(raw))):
                yield Item(rejected(f"{line.feed.key} timeline", error, raw), self._cursor())
            return
        yield from self._found(line, status, raw)

    def _found(self, line: Line, status: Status, raw: bytes) -> Iterator[Item]:
        known = self.memory.of(line.feed.host)
        known.put(status.id, (status.uri, status.created_at))
        version = "" if status.edited_at is None else status.edited_at.isoformat()
        if not status.is_for_everyone or not self.memory.is_new(status.uri, version):
            return
        asked = status.in_reply_to_id
        reply_to = None if asked is None else known.get(asked, (f"{line.feed.host}/{asked}", None))[0]
        post = mapped(
            lambda: to_post(status, line.feed.host, reply_to, self.clock()),
            source=SOURCE,
            where=f"{line.feed.key} {status.id}",
            raw=raw,
        )
        yield Item(post, self._cursor())

    def _deleted(self, line: Line, number: str) -> Iterator[Item]:
        found = self.memory.of(line.feed.host).get(number)
        if found is not None and self.memory.is_new(found[0], "deleted"):
            where, raw = f"{line.feed.key} delete {number}", number.encode(errors="replace")
            gone = mapped(lambda: to_delete(*found, self.clock()), source=SOURCE, where=where, raw=raw)
            yield Item(gone, self._cursor())

    def _advance(self, line: Line, position: str | None) -> None:
        line.position = later(line.position, position)
        if line.position is not None:
            self.positions = self.positions | {line.feed.key: line.position}

    def _cover(self, line: Line, moment: datetime) -> None:
        if not line.filling:
            line.covered, line.trouble = moment, None

    def _end(self, line: Line, error: Exception) -> None:
        """Put a feed off; what ends all of them, or one that has never worked and never will, ends the reading."""
        if not isinstance(error, Transient | Permanent):
            raise error
        now = self.clock()
        if line.attempt is not None:
            line.attempt.stop()
        line.attempt, line.trouble = None, error
        if isinstance(error, Permanent):
            if line.covered is None:
                raise error
            line.due = now + REST
        else:
            held = timedelta() if line.connected_at is None else now - line.connected_at
            line.failures, pause = failed(
                BACKOFF, line.failures, held=held, retry_after=error.retry_after, chance=self.pacing.chance()
            )
            line.due = now + pause
            for each in self.lines:
                if error.retry_after is not None and each.feed.host == line.feed.host and each.attempt is None:
                    each.due = max(each.due, now + error.retry_after)
        if all(each.trouble is not None and each.attempt is None for each in self.lines):
            raise error

    def _reach(self) -> Iterator[Reached]:
        covered = [line.covered for line in self.lines if not isinstance(line.trouble, Permanent)]
        known = [moment for moment in covered if moment is not None]
        if not known or len(known) < len(covered):
            return
        until = min(known) - self.pacing.lag
        if until > self.since and (self.told is None or until >= self.told + timedelta(seconds=1)):
            self.told = until
            # Nobody waits for timelines that are asked in their own time; a stream's word comes every few seconds.
            asked = any(not line.feed.streamed for line in self.lines)
            yield Reached(self.since, until, self._cursor(), complete=asked)

    def _cursor(self) -> Cursor:
        return {"since": self.since.isoformat(), "feeds": self.positions}
