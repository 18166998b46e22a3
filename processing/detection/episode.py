"""A spike of one series: the record that is handed on, and what is remembered while it may go on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

import msgspec

from processing.contract import Severity, Spike
from processing.detection.pulses import Observation, PulseState, highest_of


class EpisodeKind(StrEnum):
    """What became of a spike."""

    OPENED = "opened"
    GREW = "grew"
    ESCALATED = "escalated"
    ENDED = "ended"


def severity(score: float, ratio: float) -> Severity:
    """How rare and how large: extreme from level 3 and five times normal, major from 2 and three times."""
    if score >= 3.0 and ratio >= 5.0:
        return Severity.EXTREME
    return Severity.MAJOR if score >= 2.0 and ratio >= 3.0 else Severity.NOTABLE


class Run(msgspec.Struct):
    """Raised bins without a break."""

    start: datetime
    until: datetime
    """The end of the last bin."""
    observed: int
    expected: float
    highest: Observation
    score: float
    ratio: float
    """The highest `(posts + 1) / (expectation + 1)`: of a bin, or of the day with which the slow scale opens."""
    window: str
    """The name of the scale with the highest score."""
    in_window: Observation
    """Its long window, where the score was highest."""

    def add(self, other: Run) -> None:
        """Take in raised bins that follow."""
        self.until = other.until
        self.observed += other.observed
        self.expected += other.expected
        self.highest = highest_of(self.highest, other.highest)
        self.ratio = max(self.ratio, other.ratio)
        if other.score > self.score:
            self.score, self.window, self.in_window = other.score, other.window, other.in_window


class Segment(Run):
    """One rise of a spike, from its beginning until the spike ended or came back."""

    detected_at: datetime
    pulses: PulseState
    opened_by: str
    """The name of the scale."""

    def copy(self) -> Segment:
        """Another one that shares nothing with it."""
        pulses = msgspec.structs.replace(self.pulses, done=list(self.pulses.done), trail=list(self.pulses.trail))
        return msgspec.structs.replace(self, pulses=pulses)

    def rename(self, start: datetime, detected_at: datetime) -> None:
        """Let it be known by another start."""
        if not self.pulses.done and self.pulses.started == self.start:
            self.pulses.started = start
        self.start, self.detected_at = start, detected_at


class Episode(msgspec.Struct, frozen=True):
    """A spike as far as it is known: its rises, more than one where it has ended and come back."""

    segments: tuple[Segment, ...]
    end: datetime | None
    """None while it lasts."""
    provisional: bool

    @property
    def start(self) -> datetime:
        """The start of the first bin."""
        return self.segments[0].start

    @property
    def detected_at(self) -> datetime:
        """The end of the bin that opened it."""
        return self.segments[0].detected_at

    @property
    def rarest(self) -> Segment:
        """The rise with the highest score."""
        return max(self.segments, key=lambda each: each.score)

    def snapshot(self, topic: str, language: str) -> Spike:
        """The record to store; its counts are of its raised bins and between them."""
        rises, ratio = self.segments, max(each.ratio for each in self.segments)
        return Spike(
            topic=topic,
            language=language,
            start=self.start,
            detected_at=self.detected_at,
            peak=highest_of(*(each.highest for each in rises)).start,
            end=self.end,
            observed=sum(each.observed for each in rises),
            expected=sum(each.expected for each in rises),
            ratio=ratio,
            score=self.rarest.score,
            severity=severity(self.rarest.score, ratio),
            provisional=self.provisional,
            pulses=tuple(pulse for each in rises for pulse in each.pulses.pulses()),
            window=self.rarest.window,
            window_observed=self.rarest.in_window.count,
            window_expected=self.rarest.in_window.expected,
        )

    @property
    def comebacks(self) -> tuple[Episode, ...]:
        """Its rises but the first, each as if it were a spike of its own."""
        return tuple(self._part((each,)) for each in self.segments[1:])

    def without(self, comebacks: Collection[datetime]) -> Episode:
        """What it would have been, had it not come back at these times."""
        return self._part(tuple(each for each in self.segments if each.start not in comebacks))

    def _part(self, segments: tuple[Segment, ...]) -> Episode:
        end = self.end if segments[-1] is self.segments[-1] else segments[-1].until
        return Episode(segments, end, self.provisional)


class EpisodeState(msgspec.Struct):
    """The spike of a series that lasts, or the last one while it may come back; `episodes.step` changes it in place."""

    run: Run | None = None
    """Raised bins from which a spike may begin."""
    segments: list[Segment] = []
    ended: bool = False
    provisional: bool = False
    told: float = 0.0
    """The excess of the highest bin of the rises that have been told."""
    told_rises: int = 0
    """So many of the spike's rises are told."""
    quickened: bool = False
    """A spike that the slow scale opened has reached `enter` on the fast one too, which is one more rise."""
    since_observed: int = 0
    since_expected: float = 0.0
    """Posts behind the last raised bin: they belong to the spike only if it rises again."""

    @property
    def episode(self) -> Episode | None:
        """The spike that lasts, or the one that ended in the last twelve hours."""
        if not self.segments:
            return None
        end = self.segments[-1].until if self.ended else None
        return Episode(tuple(each.copy() for each in self.segments), end, self.provisional)

    @property
    def rises(self) -> int:
        """Pulses, and what has quickened."""
        return sum(1 + len(each.pulses.done) for each in self.segments) + self.quickened

    @property
    def is_idle(self) -> bool:
        """Nothing is remembered."""
        return self.run is None and not self.segments

    def copy(self) -> EpisodeState:
        """Another one that shares nothing with it."""
        run = None if self.run is None else msgspec.structs.replace(self.run)
        return msgspec.structs.replace(self, run=run, segments=[each.copy() for each in self.segments])
