"""What a collector says of itself, once it may: no word of progress is ahead of a post that it speaks for."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.cursors import InFlight
from ingest.kafka import PostProducer
from ingest.progress import CollectorStats, progress
from ingest.source import Watermark

HEALTH_EVERY = 3.0
"""Seconds between two words, also while there is nothing new."""


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
