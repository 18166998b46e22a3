"""One source into the log, from its cursor: the loop, its pace, its bounds and what it tells of itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ingest.contract import POSTS_TOPIC, Post, Progress, Rejected
from ingest.cursors import CursorFile, Step, Tracker
from ingest.log import Delivery, GroupWatch, PostProducer
from ingest.source import Item, Pause, Reached, Source

MOST_PENDING = 50_000
"""Messages that may be under way between the source and what is safe: bounds memory when counting is slow."""

REPORT_EVERY = 0.25
SAVE_EVERY = 1.0
FLUSH_PATIENCE = timedelta(seconds=30)


@dataclass(slots=True)
class Tally:
    """What a run has done so far."""

    posts: int = 0
    rejected: int = 0


@dataclass(frozen=True)
class Pace:
    """Event time over wall time: 60 plays an hour in a minute."""

    speed: float

    def due(self, first: datetime, moment: datetime) -> float:
        """Seconds after the first event at which this one is due."""
        return (moment - first).total_seconds() / self.speed


Tell = Callable[[Tally], None]


@dataclass
class Run:
    """One run of one source. `group` is given where only counted posts are safe: see `ingest.cursors`."""

    source: Source
    producer: PostProducer
    cursor_file: CursorFile
    group: GroupWatch | None
    stop: threading.Event
    tell: Tell
    posts_topic: str = POSTS_TOPIC
    pace: Pace | None = None
    tally: Tally = field(default_factory=Tally)
    _tracker: Tracker = field(default_factory=Tracker)
    _reached: Reached | None = None
    _reported: Reached | None = None
    _last_report: float = 0.0
    _last_save: float = 0.0
    _started: tuple[float, datetime] | None = None

    def __call__(self) -> Tally:
        """Read the source to its end, or until `stop` is set.

        Raises:
            Transient, Permanent: from the source.
            BrokerUnavailable, BrokerRefused, LogLost: from the log. In every case the next run begins at the
                saved cursor and may send posts again; they are counted once all the same.
        """
        for step in self.source.read(self.cursor_file.read()):
            if isinstance(step, Pause):
                self._rest(step.seconds)
            else:
                self._wait_until_due(step)
            if self.stop.is_set():
                break
            if not isinstance(step, Pause):
                self._take(step)
            self._keep_up()
        self._finish()
        return self.tally

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self.stop.is_set():
            self._keep_up()
            self.stop.wait(min(left, REPORT_EVERY))

    def _take(self, step: Item | Reached) -> None:
        match step:
            case Reached():
                self._reached = step
            case Item(found=Rejected() as rejected):
                self.producer.reject(rejected, self._on_delivered(self._tracker.sent(step.cursor)))
                self.tally.rejected += 1
            case Item(found=Post() as post):
                self.producer.send(post, self._on_delivered(self._tracker.sent(step.cursor)))
                self.tally.posts += 1

    def _on_delivered(self, step: Step) -> Callable[[Delivery], None]:
        def note(delivery: Delivery) -> None:
            # Nobody counts rejections: for them the acknowledgement is all there is, and offset -1 says so.
            offset = delivery.offset if delivery.topic == self.posts_topic else -1
            self._tracker.delivered(step, delivery.partition, offset)

        return note

    def _wait_until_due(self, step: Item | Reached) -> None:
        if self.pace is None:
            return
        moment = step.until if isinstance(step, Reached) else getattr(step.found, "created_at", None)
        if moment is None:
            return
        if self._started is None:
            self._started = (time.monotonic(), moment)
        begun, first = self._started
        while (wait := begun + self.pace.due(first, moment) - time.monotonic()) > 0 and not self.stop.is_set():
            self._keep_up()
            self.stop.wait(min(wait, REPORT_EVERY))

    def _keep_up(self) -> None:
        now = time.monotonic()
        if now - self._last_report >= REPORT_EVERY:
            self._last_report = now
            self._report()
            self.tell(self.tally)
        if now - self._last_save >= SAVE_EVERY:
            self._last_save = now
            self._save()
        while len(self._tracker) > MOST_PENDING and not self.stop.is_set():
            self._save()
            self.stop.wait(REPORT_EVERY)

    def _report(self) -> None:
        reached = self._reached
        if reached is None or reached is self._reported:
            return
        self.producer.report(
            Progress(
                source=self.source.name,
                since=reached.since,
                until=reached.until,
                complete=reached.complete,
            )
        )
        self._reported = reached

    def _save(self) -> None:
        cursor = self._tracker.advance(self._committed())
        if cursor is not None:
            self.cursor_file.write(cursor)

    def _committed(self) -> Mapping[int, int] | None:
        return None if self.group is None else self.group.committed()

    def _finish(self) -> None:
        self.producer.flush(FLUSH_PATIENCE)
        self._report()
        self.producer.flush(FLUSH_PATIENCE)
        self._save()
        while len(self._tracker) and not self.stop.is_set():
            self.stop.wait(REPORT_EVERY)
            self._save()
        if not len(self._tracker) and self._reached is not None and self._reached.complete:
            self.cursor_file.write(self._reached.cursor)
        self.tell(self.tally)
