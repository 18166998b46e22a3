"""A spike of one series: the record that is handed on, and what is remembered while it may go on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

import msgspec

from processing.contract import Pulse, Severity, Spike
from processing.detection.pulses import BinExcess, PulseState, highest_of


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
    highest: BinExcess
    score: float
    ratio: float
    """The highest `(posts + 1) / (expectation + 1)`: of a bin, or of the day with which the slow scale opens."""
    window: str
    """The name of the scale with the highest score."""

    def add(self, other: Run) -> None:
        """Take in raised bins that follow."""
        self.until = other.until
        self.observed += other.observed
        self.expected += other.expected
        self.highest = highest_of(self.highest, other.highest)
        self.ratio = max(self.ratio, other.ratio)
        if other.score > self.score:
            self.score, self.window = other.score, other.window


class Segment(Run):
    """One rise of a spike, from its beginning until the spike ended or came back."""

    detected_at: datetime
    pulses: PulseState
    opened_by: str
    """The name of the scale."""


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """A spike as far as it is known. `end` is None while it lasts; counts are of its raised bins and between them.

    `segments` are its rises: one, or more where it has ended and come back.
    """

    start: datetime
    detected_at: datetime
    end: datetime | None
    peak: BinExcess
    observed: int
    expected: float
    score: float
    ratio: float
    window: str
    provisional: bool
    pulses: tuple[Pulse, ...]
    segments: tuple[Segment, ...]

    @classmethod
    def of(cls, segments: Collection[Segment], end: datetime | None, *, provisional: bool) -> Episode:
        """What some rises make together."""
        kept = tuple(segments)
        highest = max(kept, key=lambda each: each.score)
        return cls(
            start=kept[0].start,
            detected_at=kept[0].detected_at,
            end=end,
            peak=highest_of(*(each.highest for each in kept)),
            observed=sum(each.observed for each in kept),
            expected=sum(each.expected for each in kept),
            score=highest.score,
            ratio=max(each.ratio for each in kept),
            window=highest.window,
            provisional=provisional,
            pulses=tuple(pulse for each in kept for pulse in each.pulses.pulses()),
            segments=kept,
        )

    def snapshot(self, topic: str, language: str) -> Spike:
        """The record to store."""
        return Spike(
            topic=topic,
            language=language,
            start=self.start,
            detected_at=self.detected_at,
            peak=self.peak.start,
            end=self.end,
            observed=self.observed,
            expected=self.expected,
            ratio=self.ratio,
            score=self.score,
            severity=severity(self.score, self.ratio),
            provisional=self.provisional,
            pulses=self.pulses,
            window=self.window,
        )

    @property
    def comebacks(self) -> tuple[Episode, ...]:
        """Its rises but the first, each as if it were a spike of its own."""
        return tuple(self._part((each,)) for each in self.segments[1:])

    def without(self, comebacks: Collection[datetime]) -> Episode:
        """What it would have been, had it not come back at these times."""
        kept = [each for each in self.segments if each.start not in comebacks]
        return self if len(kept) == len(self.segments) else self._part(kept)

    def _part(self, segments: Collection[Segment]) -> Episode:
        *_, last = segments
        end = self.end if last is self.segments[-1] else last.until
        return Episode.of(segments, end, provisional=self.provisional)


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
        return Episode.of([_copy(each) for each in self.segments], end, provisional=self.provisional)

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
        return msgspec.structs.replace(
            self,
            run=None if self.run is None else msgspec.structs.replace(self.run),
            segments=[_copy(each) for each in self.segments],
        )


def _copy(segment: Segment) -> Segment:
    pulses = msgspec.structs.replace(segment.pulses, done=list(segment.pulses.done), trail=list(segment.pulses.trail))
    return msgspec.structs.replace(segment, pulses=pulses)
