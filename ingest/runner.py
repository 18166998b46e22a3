"""The runner reads one source into Kafka from its cursor: the loop, its pace, its bounds and its reports.

After a failure of the network, the run goes on from the last cursor taken, because the producer holds the posts up to
it. A failure of Kafka ends the process, and the next one begins at the saved cursor. No wait lasts longer than a second
without a check of `stop`.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from ingest.contract import POSTS_TOPIC, SILENT_AFTER, Post, Rejected
from ingest.cursors import CursorFile, InFlight, Step
from ingest.errors import Misconfigured, Transient
from ingest.event_time import time_of
from ingest.kafka import BrokerUnavailable, CommittedOffsets, Delivery, PostProducer
from ingest.progress import CollectorStats, Reporter
from ingest.retry import BackoffPolicy, Failures, failed
from ingest.source import Clock, Cursor, Item, NotACursor, PartStatus, Pause, Source, Watermark, utc_now

log = structlog.get_logger()

MOST_PENDING = 50_000
"""The most messages that are sent and not yet safe. The limit bounds memory when counting is slow."""

MOST_UNACKNOWLEDGED = 10_000
"""The most unacknowledged messages. The producer's own limit is higher, so sending never blocks."""

REPORT_EVERY = 0.25
SAVE_EVERY = 1.0
LOOK_EVERY = 0.01
FLUSH_PATIENCE = 30.0
STOPPED_PATIENCE = 3.0
"""Seconds of a flush after `stop`. A run ends with two flushes, and `banwatch up` kills a source after eight."""

FLUSH_SLICE = timedelta(seconds=1)


@dataclass(frozen=True)
class Pace:
    """The ratio of event time to wall time: 60 plays an hour in a minute."""

    speed: float

    def due(self, first: datetime, moment: datetime) -> float:
        """Return the seconds after the first event at which an event of this moment is due."""
        return (moment - first).total_seconds() / self.speed


Tell = Callable[[CollectorStats], None]


@dataclass
class SourceRunner:
    """One run of one source. `committed` is given if only counted posts are safe: see `ingest.cursors`.

    `stop` ends the run in seconds. `enough` ends the reading; the run ends once all that was read is safe.
    """

    source: Source
    producer: PostProducer
    cursor_file: CursorFile
    committed: CommittedOffsets | None
    stop: threading.Event
    tell: Tell
    posts_topic: str = POSTS_TOPIC
    pace: Pace | None = None
    silent_after: timedelta = SILENT_AFTER
    backoff: BackoffPolicy = field(default_factory=BackoffPolicy)
    clock: Clock = utc_now
    chance: Callable[[], float] = random.random
    enough: threading.Event = field(default_factory=threading.Event)
    tally: CollectorStats = field(init=False)
    _tracker: InFlight = field(default_factory=InFlight)
    _cursor: Cursor = field(default_factory=dict)
    _reporter: Reporter = field(init=False)
    _unsaved: Cursor | None = None
    """The newest safe cursor that is not on the disk yet, for instance because the disk is full."""
    _last_look: float = 0.0
    _last_save: float = 0.0
    _first_step: float | None = None
    _started: tuple[float, datetime] | None = None

    def __post_init__(self) -> None:
        self.tally = CollectorStats(self.clock(), self.silent_after)
        self._reporter = Reporter(self.source.name, self.producer, self._tracker, self.tally)

    def __call__(self) -> CollectorStats:
        """Read the source to its end, or until `stop` or `enough` is set. Return the totals.

        Raises:
            Misconfigured: from the source, or the file holds no cursor.
            BrokerUnavailable, BrokerRefused, TopicReplaced: from Kafka. In every case the next run begins at the saved
                cursor. It may send posts again; they are counted once all the same.
        """
        try:
            self._cursor = self.cursor_file.read()
            self._read_to_the_end()
        except NotACursor as error:
            refused = self.cursor_file.refused(error)
            self._give_up(refused)
            raise refused from error
        except Misconfigured as error:
            self._give_up(error)
            raise
        self._finish()
        return self.tally

    def _read_to_the_end(self) -> None:
        failures, ended = Failures(), False
        while not ended and not self._is_told_to_end():
            try:
                self._read()
                ended = True
            except Transient as error:
                failures, pause = failed(
                    self.backoff, failures, held=self._held(), retry_after=error.retry_after, chance=self.chance()
                )
                self._wait_for_network(error, pause)

    def _read(self) -> None:
        """Read over one connection, from the last cursor taken."""
        self._first_step = None
        steps = self.source.read(self._cursor)
        try:
            for step in steps:
                match step:
                    case Pause(seconds):
                        self._rest(seconds)
                    case PartStatus():
                        self._note(step)
                    case _:
                        self._wait_until_due(step)
                if self._is_told_to_end():
                    return
                if isinstance(step, Item | Watermark):
                    self._take(step)
                self._keep_up()
        finally:
            # The generator holds its connection until the generator is closed.
            getattr(steps, "close", lambda: None)()

    def _note(self, status: PartStatus) -> None:
        if self.tally.faults.get(status.part, "") != status.fault:
            log.info("part", source=self.source.name, part=status.part, fault=status.fault or None)
        self.tally.part(status)

    def _held(self) -> timedelta:
        """Return how long the failed connection had delivered."""
        return timedelta(seconds=0 if self._first_step is None else time.monotonic() - self._first_step)

    def _wait_for_network(self, error: Transient, pause: timedelta) -> None:
        self.tally.away(str(error))
        log.warning("network away", source=self.source.name, reason=str(error), pause=round(pause.total_seconds(), 1))
        self._rest(pause.total_seconds())

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._is_told_to_end():
            self._keep_up()
            self.stop.wait(min(left, REPORT_EVERY))

    def _take(self, step: Item | Watermark) -> None:
        if self._first_step is None:
            self._first_step = time.monotonic()
        match step:
            case Watermark():
                self._reporter.reached(step)
                self._tracker.reached(step.cursor)
            case Item(found=Rejected() as rejected):
                self.producer.reject(rejected, self._on_delivered(self._tracker.sent(step.cursor)))
            case Item(found=Post() as post):
                self.producer.send(post, self._on_delivered(self._tracker.sent(step.cursor)))
        self._cursor = step.cursor
        self.tally.taken(step, self.clock())

    def _on_delivered(self, step: Step) -> Callable[[Delivery], None]:
        def note(delivery: Delivery) -> None:
            # Rejected records are not counted. Their acknowledgement makes them safe, and the offset -1 says so.
            offset = delivery.offset if delivery.topic == self.posts_topic else -1
            self._tracker.delivered(step, delivery.partition, offset)

        return note

    def _wait_until_due(self, step: Item | Watermark) -> None:
        if self.pace is None:
            return
        moment: datetime | None = None
        match step:
            case Watermark():
                moment = step.until
            case Item(found=Post() as post):
                moment = time_of(post)
        if moment is None:
            return
        if self._started is None:
            self._started = (time.monotonic(), moment)
        begun, first = self._started
        self._rest(begun + self.pace.due(first, moment) - time.monotonic())

    def _keep_up(self) -> None:
        self._look(time.monotonic())
        while self._is_full() and not self._is_told_to_end():
            self._look(time.monotonic())
            self._save()
            self.stop.wait(LOOK_EVERY)

    def _is_told_to_end(self) -> bool:
        return self.stop.is_set() or self.enough.is_set()

    def _is_full(self) -> bool:
        return self._tracker.unacknowledged >= MOST_UNACKNOWLEDGED or len(self._tracker) > MOST_PENDING

    def _look(self, now: float) -> None:
        if now - self._last_look >= REPORT_EVERY:
            self._last_look = now
            self.producer.check()
            self.tally.look(self.clock())
            self._reporter.look(now)
            self._tell()
        if now - self._last_save >= SAVE_EVERY:
            self._last_save = now
            self._save()

    def _tell(self) -> None:
        self.tally.pending = len(self._tracker)
        self.tell(self.tally)

    def _save(self) -> None:
        cursor = self._tracker.advance(self._committed())
        if cursor is not None:
            self._unsaved = cursor
        if self._unsaved is None:
            return
        try:
            self.cursor_file.write(self._unsaved)
        except OSError as error:
            # The disk may be full. An older cursor is safe too: its posts are read again and still counted once.
            log.warning("cursor not saved", source=self.source.name, reason=str(error))
        else:
            self._unsaved = None

    def _committed(self) -> Mapping[int, int] | None:
        return None if self.committed is None else self.committed.newest()

    def _finish(self) -> None:
        self._save()
        self._flush()
        self._reporter.everything_is_acknowledged()
        self.tally.ended()
        self._reporter.say()
        self._flush()
        self._save()
        while len(self._tracker) and not self.stop.is_set():
            self.stop.wait(REPORT_EVERY)
            self._save()
            self._tell()
        self._tell()

    def _give_up(self, error: Misconfigured) -> None:
        """Report to the topic why the collector ends."""
        self.tally.failed(str(error))
        self._tell()
        with suppress(BrokerUnavailable):
            self._flush()
            self._reporter.say()
            self._flush()
        self._save()

    def _flush(self) -> None:
        """Wait until the broker has every message; after `stop`, wait for a few seconds only.

        Raises:
            BrokerUnavailable: a message is missing. It lies behind the saved cursor.
        """
        deadline, told = time.monotonic() + FLUSH_PATIENCE, False
        while True:
            if self.stop.is_set() and not told:
                deadline, told = time.monotonic() + STOPPED_PATIENCE, True
            try:
                return self.producer.flush(FLUSH_SLICE)
            except BrokerUnavailable:
                if time.monotonic() >= deadline:
                    raise
