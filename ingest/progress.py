"""A collector's statistics about itself, and the reports that carry them.

`CollectorStats` is pure: the runner records events in it. `Reporter` sends it to Kafka as `Progress`. No progress
precedes a post that it covers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ingest.contract import LONGEST_SILENCE, SILENT_AFTER, CollectorState, Post, Progress, state_at
from ingest.cursors import InFlight
from ingest.kafka import PostProducer
from ingest.source import Item, PartStatus, Watermark

DETAIL_KEPT = 500

HEALTH_EVERY = 3.0
"""Seconds between two reports while there is nothing new."""


@dataclass(slots=True)
class CollectorStats:
    """The counts and the state of a run. All times are of the wall clock."""

    started: datetime
    silent_after: timedelta = SILENT_AFTER
    posts: int = 0
    rejected: int = 0
    events: int = 0
    reconnects: int = 0
    last_event: datetime | None = None
    last_post: datetime | None = None
    covered_until: datetime | None = None
    """The event time of the newest watermark."""
    idle: bool = False
    """Whether the newest watermark is idle."""
    pending: int = 0
    """The messages that are sent and not yet safe."""
    state: CollectorState = "listening"
    detail: str = ""
    faults: dict[str, str] = field(default_factory=dict)
    """The name of each failing part of the source, and its fault."""

    @property
    def word(self) -> str:
        """The reason for the collector's state. For a listening collector it names the failing parts.

        A network may have written a part of the text, so unpaired surrogates are replaced: they could not be sent.
        """
        word = self.detail or " ".join(f"{part}: {fault}" for part, fault in sorted(self.faults.items()))
        return word.encode(errors="replace").decode()

    def part(self, status: PartStatus) -> None:
        """Record the status of a part. The status is not a sign of life; an answering part records one of its own."""
        if status.fault:
            self.faults[status.part] = status.fault
        else:
            self.faults.pop(status.part, None)

    def taken(self, step: Item | Watermark, now: datetime) -> None:
        """Record a sign of life of the network."""
        self.events += 1
        self.last_event = now
        self.state, self.detail = "listening", ""
        if isinstance(step, Watermark):
            self.covered_until, self.idle = step.until, step.idle
            return
        if isinstance(step.found, Post):
            self.posts += 1
            self.last_post = now
        else:
            self.rejected += 1

    def away(self, reason: str) -> None:
        """Record that the network failed and is tried again. A failure is not a sign of life."""
        self.reconnects += 1
        self.detail = reason
        if self.state != "silent":
            self.state = "reconnecting"

    def failed(self, reason: str) -> None:
        """Record a failure that only a person can repair."""
        self.state, self.detail = "failed", reason

    def ended(self) -> None:
        """Record the end of the run, whether its work is complete or not."""
        self.state, self.detail = "ended", ""

    def look(self, now: datetime) -> None:
        """Set the state to silent if the network is silent by now. A known failure stays the reason."""
        self.state = state_at(self.state, self.last_event or self.started, self.silent_after, now)
        if self.state == "silent":
            self.detail = self.detail or f"Nothing has come for {self.silent_after.total_seconds():g} s."


def progress(source: str, tally: CollectorStats, reached: Watermark | None) -> Progress:
    """Return the collector's report. A collector that covers nothing yet covers the empty stretch at its start."""
    return Progress(
        source=source,
        since=tally.started if reached is None else reached.since,
        until=tally.started if reached is None else reached.until,
        complete=reached is not None and reached.complete,
        idle=reached is not None and reached.idle,
        silent_after=min(tally.silent_after.total_seconds(), LONGEST_SILENCE),
        state=tally.state,
        detail=tally.word[:DETAIL_KEPT],
        events=tally.events,
        posts=tally.posts,
        rejected=tally.rejected,
        reconnects=tally.reconnects,
        last_event=tally.last_event,
        last_post=tally.last_post,
    )


@dataclass
class Reporter:
    """Sends the collector's reports. Times are seconds of the monotonic clock."""

    source: str
    producer: PostProducer
    tracker: InFlight
    tally: CollectorStats
    _reached: Watermark | None = None
    _due: tuple[int, Watermark] | None = None
    """A message number, and the watermark to report once every message up to the number is acknowledged."""
    _said: Watermark | None = None
    _last: float = 0.0

    def reached(self, step: Watermark) -> None:
        """Record the source's watermark, which follows every message sent so far."""
        self._reached = step

    def look(self, now: float) -> None:
        """Report the watermark if every message before it is acknowledged; else report the health every few seconds.

        Raises:
            BrokerUnavailable, BrokerRefused: an earlier message has failed.
        """
        if self._due is None and self._reached is not None and self._reached is not self._said:
            self._due = (self.tracker.last_sent, self._reached)
        if self._due is not None and self.tracker.acknowledged >= self._due[0]:
            self._said, self._due = self._due[1], None
        elif now - self._last < HEALTH_EVERY:
            return
        self._last = now
        self.say()

    def everything_is_acknowledged(self) -> None:
        """Let the next report cover the newest watermark, because every message is acknowledged."""
        self._said = self._reached or self._said

    def say(self) -> None:
        """Send the report now. Raises as `look` does."""
        self.producer.report(progress(self.source, self.tally, self._said), settled=True)
