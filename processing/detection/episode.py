"""A spike of one series: the record that is handed on, and the rises that it is made of."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Self

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


class Run(msgspec.Struct, frozen=True):
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

    def joined(self, other: Run) -> Self:
        """It with raised bins that follow."""
        rarer = other if other.score > self.score else self
        return msgspec.structs.replace(
            self,
            until=other.until,
            observed=self.observed + other.observed,
            expected=self.expected + other.expected,
            highest=highest_of(self.highest, other.highest),
            score=rarer.score,
            ratio=max(self.ratio, other.ratio),
            window=rarer.window,
            in_window=rarer.in_window,
        )


class Segment(Run, frozen=True):
    """One rise of a spike, from its beginning until the spike ended or came back."""

    detected_at: datetime
    pulses: PulseState
    opened_by: str
    """The name of the scale."""

    def renamed(self, start: datetime, detected_at: datetime) -> Segment:
        """It, known by another start."""
        first = not self.pulses.done and self.pulses.started == self.start
        pulses = msgspec.structs.replace(self.pulses, started=start) if first else self.pulses
        return msgspec.structs.replace(self, start=start, detected_at=detected_at, pulses=pulses)


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
        """The rise with the highest score; its `window` is the scale that speaks."""
        return max(self.segments, key=lambda each: each.score)

    @property
    def rises(self) -> tuple[Episode, ...]:
        """Each of its rises as if it were a spike of its own."""
        ends = (*(each.until for each in self.segments[:-1]), self.end)
        return tuple(Episode((each,), end, self.provisional) for each, end in zip(self.segments, ends, strict=True))

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
