"""The reader of all Mastodon feeds: it turns the threads' events into the steps of one source."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Empty, Queue

import msgspec

from ingest.contract import Moment, Rejected
from ingest.errors import Permanent, Transient
from ingest.retry import Failures
from ingest.source import Clock, Cursor, Item, PartStatus, Pause, Steps, Watermark, decode_cursor
from ingest.sources.mastodon.attempt import Alive, Attempt, Ended, Fetched, Filled, Missed, News, StreamedEvent
from ingest.sources.mastodon.feed_state import FeedState
from ingest.sources.mastodon.mapping import (
    SOURCE,
    Lately,
    NotAStatus,
    Status,
    can_be_reached,
    id_at,
    later,
    read_status,
    rejected,
    time_at,
    to_post,
)
from ingest.transport.http import TURN
from ingest.transport.mapping import deletion, mapped

MOST_WAITING = 100
"""The most events between the threads and the reader. If Kafka is slow, the streams wait and memory stays bounded."""

KNOWN = 20_000
"""The number of remembered statuses of an instance. A deletion names only the id on the instance."""


@dataclass(frozen=True, slots=True)
class Pacing:
    """The intervals of the reading. `chance` returns random numbers in [0, 1) for the back-off."""

    poll_every: timedelta
    lag: timedelta
    chance: Callable[[], float]


class MastodonCursor(msgspec.Struct, frozen=True):
    """The cursor: the position in each feed."""

    since: Moment | None = None
    feeds: dict[str, str] = {}


@dataclass
class Memory:
    """The recent statuses. They ensure that a status is sent once, and they identify the status of a deletion."""

    sent: Lately[tuple[str, str], None] = field(default_factory=lambda: Lately(KNOWN))
    by_number: dict[str, Lately[str, tuple[str, datetime]]] = field(default_factory=dict)

    def is_new(self, uri: str, version: str) -> bool:
        """Return whether this version of a status is new, and remember it."""
        new = (uri, version) not in self.sent
        self.sent.put((uri, version), None)
        return new

    def of(self, host: str) -> Lately[str, tuple[str, datetime]]:
        """Return an instance's statuses by their ids there."""
        return self.by_number.setdefault(host, Lately(KNOWN))


class FeedsReader:
    """One reading of all feeds."""

    def __init__(
        self, lines: Sequence[FeedState], pacing: Pacing, since: datetime | None, clock: Clock, cursor: Cursor
    ) -> None:
        now = clock()
        kept = decode_cursor(cursor, MastodonCursor, SOURCE)
        start = None if since is None else id_at(since)
        self.clock, self.pacing, self.lines, self.seen = clock, pacing, lines, now
        self.since = kept.since or since or now
        for line in lines:
            line.position = kept.feeds.get(line.feed.key, start)
        self.positions: dict[str, object] = dict(kept.feeds)
        self.events: Queue[tuple[Attempt, News]] = Queue(MOST_WAITING)
        self.memory = Memory()
        self.told: datetime | None = None

    def run(self) -> Steps:
        """Yield the steps of all feeds, for ever.

        Raises:
            Transient: no feed answers.
        """
        try:
            while True:
                now = self._now()
                for line in self.lines:
                    if line.attempt is None and now >= line.due:
                        line.start(Attempt(line.feed, line.instance, self.events, self.clock), now)
                try:
                    attempt, event = self.events.get(timeout=TURN)
                except Empty:
                    yield Pause(0)
                    continue
                for line in self.lines:
                    if line.attempt is attempt:
                        yield from self._take(line, event)
                yield from self._reach()
                # Events without a post yield a pause too, so that the caller can stop.
                yield Pause(0)
        finally:
            for line in self.lines:
                if line.attempt is not None:
                    line.attempt.stop()

    def _now(self) -> datetime:
        """Return the time. If the clock was set back, move the turns of the feeds back too."""
        now = self.clock()
        back = self.seen - now
        if back > timedelta():
            for line in self.lines:
                line.due -= back
                line.begun = line.begun and line.begun - back
                line.not_before = line.not_before and line.not_before - back
        self.seen = now
        return now

    def _take(self, line: FeedState, event: News) -> Steps:
        match event:
            case Alive():
                line.connected_at = line.connected_at or self.clock()
                yield from self._answers(line)
                line.cover(self.clock())
            case StreamedEvent(name, data):
                yield from self._streamed(line, name, data)
                line.cover(self.clock())
            case Fetched(statuses, read_to):
                yield from self._answers(line)
                for raw in statuses:
                    yield from self._fetched(line, raw)
                self._read_to(line, read_to)
            case Missed(since, until):
                yield from self._missed(line, since, until)
            case Filled(at, pages, whole):
                self._filled(line, at, pages)
                if whole:
                    line.behind = False
                    yield from line.tell("")
            case Ended(error):
                yield from self._end(line, error)

    def _answers(self, line: FeedState) -> Iterator[PartStatus]:
        line.trouble = line.not_before = None
        if not line.behind:
            yield from line.tell("")

    def _streamed(self, line: FeedState, name: str, data: bytes) -> Iterator[Item]:
        if name == "delete":
            yield from self._deleted(line, data.decode(errors="replace").strip().strip('"'))
            return
        try:
            status = read_status(data)
        except NotAStatus as error:
            yield Item(rejected(f"{line.feed.key} {name}", error, data), self._cursor())
            return
        if can_be_reached(status.id, self.clock()):
            line.head = later(line.head, status.id)
            if not line.filling and name == "update":
                self._advance(line, status.id)
        yield from self._found(line, status, data)

    def _fetched(self, line: FeedState, raw: bytes) -> Iterator[Item]:
        try:
            status = read_status(raw)
        except NotAStatus as error:
            if self.memory.is_new(line.feed.key, str(hash(raw))):
                yield Item(rejected(f"{line.feed.key} timeline", error, raw), self._cursor())
            return
        yield from self._found(line, status, raw)

    def _found(self, line: FeedState, status: Status, raw: bytes) -> Iterator[Item]:
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

    def _deleted(self, line: FeedState, number: str) -> Iterator[Item]:
        found = self.memory.of(line.feed.host).get(number)
        if found is not None and self.memory.is_new(found[0], "deleted"):
            where, raw = f"{line.feed.key} delete {number}", number.encode(errors="replace")
            gone = mapped(
                lambda: deletion(SOURCE, found[0][:512], found[1], self.clock()), source=SOURCE, where=where, raw=raw
            )
            yield Item(gone, self._cursor())

    def _advance(self, line: FeedState, position: str | None) -> None:
        line.advance(position)
        if line.position is not None:
            self.positions = self.positions | {line.feed.key: line.position}

    def _read_to(self, line: FeedState, position: str | None) -> None:
        """Record how far a timeline is read.

        A polled timeline is covered up to there, even while the reading goes on.
        """
        self._advance(line, position)
        reached = time_at(position)
        if reached is not None and not line.feed.streamed:
            line.covered = max(line.covered or reached, min(reached, self.clock()))

    def _filled(self, line: FeedState, at: datetime, pages: int) -> None:
        line.filled(at, pages)
        self._advance(line, line.head)
        if not line.feed.streamed:
            line.attempt, line.failures = None, Failures()
            line.due = (line.begun or at) + self.pacing.poll_every

    def _missed(self, line: FeedState, since: datetime, until: datetime) -> Steps:
        """Report the skipped statuses. Coverage begins again after them, because a watermark has no gap."""
        self.since, self.told, line.behind = max(self.since, until), None, True
        fault = (
            f"More statuses come than the instance lets be read: those between {since:%d %b %H:%M:%S} and "
            f"{until:%d %b %H:%M:%S} UTC are missing. A user's token for its stream has no such limit."
        )
        yield from line.tell(fault)
        skipped = Rejected(source=SOURCE, where=line.feed.key, reason=fault, raw="", kind="missing")
        yield Item(skipped, self._cursor())

    def _end(self, line: FeedState, error: Exception) -> Iterator[PartStatus]:
        """Postpone a feed after a failure. If no feed answers, the reading ends."""
        if not isinstance(error, Transient | Permanent):
            raise error
        now = self.clock()
        if line.attempt is not None:
            line.attempt.stop()
        line.fail(error, now, self.pacing.chance())
        if isinstance(error, Transient) and error.retry_after is not None:
            self._leave_alone(line, now + error.retry_after)
        yield from line.tell(str(error))
        if all(each.trouble is not None for each in self.lines):
            waits = [(each.not_before or now) - now for each in self.lines]
            reason = f"No timeline can be read; the last, {line.feed.part}: {error}"
            raise Transient(reason, min(waits) if min(waits) > timedelta() else None) from error

    def _leave_alone(self, line: FeedState, until: datetime) -> None:
        """Keep to the pause that an instance asks for, in every feed of the instance."""
        line.instance.allowance.heed(until - self.clock())
        for each in self.lines:
            if each.instance is line.instance and each.attempt is None:
                each.due = max(each.due, until)

    def _reach(self) -> Iterator[Watermark]:
        """Yield the watermark of all feeds that are not left out.

        It begins where a feed that is left out was last covered.
        """
        now = self.clock()
        for line in self.lines:
            if line.covered is not None and line.is_left_out(now):
                self.since = max(self.since, line.covered)
        covered = [line.covered for line in self.lines if not line.is_left_out(now)]
        known = [moment for moment in covered if moment is not None]
        if not known or len(known) < len(covered):
            return
        until = min(known) - self.pacing.lag
        if until > self.since and (self.told is None or until >= self.told + timedelta(seconds=1)):
            self.told = until
            # A stream reports every few seconds; other timelines are asked at intervals, so they are idle.
            asked = any(not line.feed.streamed for line in self.lines)
            yield Watermark(self.since, until, self._cursor(), idle=asked)

    def _cursor(self) -> Cursor:
        return {"since": self.since.isoformat(), "feeds": self.positions}
