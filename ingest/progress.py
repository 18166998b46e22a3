"""What a collector knows of itself, and when it says so.

`CollectorStats` is pure: the runner tells it what happens. `Reporter` sends it to Kafka as `Progress`, and no progress
is ahead of a post that it speaks for.
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
"""Seconds between two words, also while there is nothing new."""


@dataclass(slots=True)
class CollectorStats:
    """What a run has done so far, and what it has heard. All times are the wall clock."""

    started: datetime
    silent_after: timedelta = SILENT_AFTER
    posts: int = 0
    rejected: int = 0
    events: int = 0
    reconnects: int = 0
    last_event: datetime | None = None
    last_post: datetime | None = None
    state: CollectorState = "listening"
    detail: str = ""
    faults: dict[str, str] = field(default_factory=dict)
    """What is wrong with each part of the source that fails, by the part's name."""

    @property
    def word(self) -> str:
        """Why the collector is in its state; of one that listens, which of its parts fail.

        A network may have had a hand in it: half a character pair would keep all of it from being told.
        """
        word = self.detail or " ".join(f"{part}: {fault}" for part, fault in sorted(self.faults.items()))
        return word.encode(errors="replace").decode()

    def part(self, status: PartStatus) -> None:
        """Note how a part of the source is. It is no sign of life: a part that answers brings one itself."""
        if status.fault:
            self.faults[status.part] = status.fault
        else:
            self.faults.pop(status.part, None)

    def taken(self, step: Item | Watermark, now: datetime) -> None:
        """Note a sign of life of the network."""
        self.events += 1
        self.last_event = now
        self.state, self.detail = "listening", ""
        if isinstance(step, Watermark):
            return
        if isinstance(step.found, Post):
            self.posts += 1
            self.last_post = now
        else:
            self.rejected += 1

    def away(self, reason: str) -> None:
        """Note that the network failed and is tried again: that is no sign of life."""
        self.reconnects += 1
        self.detail = reason
        if self.state != "silent":
            self.state = "reconnecting"

    def failed(self, reason: str) -> None:
        """Note that only a person can help."""
        self.state, self.detail = "failed", reason

    def ended(self) -> None:
        """Note that the run is over, its work done or not."""
        self.state, self.detail = "ended", ""

    def look(self, now: datetime) -> None:
        """Note where the network is silent by now. What it fails with, if it does, stays the reason."""
        self.state = state_at(self.state, self.last_event or self.started, self.silent_after, now)
        if self.state == "silent":
            self.detail = self.detail or f"Nothing has come for {self.silent_after.total_seconds():g} s."


def progress(source: str, tally: CollectorStats, reached: Watermark | None) -> Progress:
    """The collector's word. What has covered nothing yet covers the empty stretch at its start."""
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
    """Times are seconds of the monotonic clock."""

    source: str
    producer: PostProducer
    tracker: InFlight
    tally: CollectorStats
    _reached: Watermark | None = None
    _due: tuple[int, Watermark] | None = None
    """What is to be said once so many messages are acknowledged."""
    _said: Watermark | None = None
    _last: float = 0.0

    def reached(self, step: Watermark) -> None:
        """Note how far the source has come, behind everything that was sent until now."""
        self._reached = step

    def look(self, now: float) -> None:
        """Say how far it has come, if all before is acknowledged by now; else, every few seconds, how it is.

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
        """From now on the word covers all that was reached."""
        self._said = self._reached or self._said

    def say(self) -> None:
        """Send the word now. Raises as `look` does."""
        self.producer.report(progress(self.source, self.tally, self._said), settled=True)
