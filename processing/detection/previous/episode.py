"""A spike of one series as it is told and as it is remembered."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum

import msgspec

from processing.contract import Pulse, Spike
from processing.detection.previous.detector import severity
from processing.detection.previous.pulses import Beat, PulseState, highest_of


class EpisodeKind(StrEnum):
    """What became of a spike."""

    OPENED = "opened"
    GREW = "grew"
    ESCALATED = "escalated"
    ENDED = "ended"


class Run(msgspec.Struct):
    """Bins raised one after the other, from which a spike may begin."""

    start: datetime
    observed: int
    expected: float
    highest: Beat
    score: float
    until: datetime
    """The end of its last bin."""


class Rise(Run):
    """A spike, or a later part of one, from its beginning to its end, after which it may come back."""

    detected_at: datetime


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """A spike as far as it is known. `end` is None while it lasts; counts run from `start` to the last raised bin.

    `rises` are its parts where it has ended and come back; empty where it has not.
    """

    start: datetime
    detected_at: datetime
    peak: Beat
    end: datetime | None
    observed: int
    expected: float
    score: float
    provisional: bool
    pulses: tuple[Pulse, ...]
    rises: tuple[Rise, ...] = ()

    @property
    def ratio(self) -> float:
        """`(observed + 1) / (expected + 1)` of the highest bin."""
        return (self.peak.count + 1.0) / (self.peak.expected + 1.0)

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
        )

    @property
    def comebacks(self) -> tuple[Episode, ...]:
        """Its rises but the first, each as if it were a spike of its own."""
        return tuple(
            Episode(
                start=rise.start,
                detected_at=rise.detected_at,
                peak=rise.highest,
                end=self.end if rise is self.rises[-1] else rise.until,
                observed=rise.observed,
                expected=rise.expected,
                score=rise.score,
                provisional=self.provisional,
                pulses=(),
            )
            for rise in self.rises[1:]
        )

    def without(self, comebacks: Collection[datetime]) -> Episode:
        """What it would have been, had it not come back at these times."""
        kept = [rise for rise in self.rises if rise.start not in comebacks]
        if len(kept) == len(self.rises):
            return self
        return msgspec.structs.replace(
            self,
            peak=highest_of(*(rise.highest for rise in kept)),
            end=self.end if kept[-1] is self.rises[-1] else kept[-1].until,
            observed=sum(rise.observed for rise in kept),
            expected=sum(rise.expected for rise in kept),
            score=max(rise.score for rise in kept),
            pulses=tuple(pulse for pulse in self.pulses if self._rise_of(pulse).start not in comebacks),
            rises=tuple(kept) if len(kept) > 1 else (),
        )

    def _rise_of(self, pulse: Pulse) -> Rise:
        """The one that its highest bin lies in."""
        return next(rise for rise in reversed(self.rises) if rise is self.rises[0] or rise.start <= pulse.peak)


class EpisodeEvent(msgspec.Struct, frozen=True):
    """What a bin changed, known at the end of that bin."""

    kind: EpisodeKind
    at: datetime
    episode: Episode


class Current(msgspec.Struct):
    """The spike that lasts, or the last one while it may come back."""

    start: datetime
    detected_at: datetime
    peak: Beat
    score: float
    provisional: bool
    observed: int
    expected: float
    raised_until: datetime
    pulses: PulseState
    since_observed: int = 0
    since_expected: float = 0.0
    """Posts since `raised_until`: they belong to the spike only if it rises again."""
    ended: bool = False
    untold_above: float | None = None
    """Once it has come back: the excess of one bin above which it is told again. None before that and after."""
    rises: list[Rise] = []
    """Its parts, once it has come back."""

    def told(self) -> Episode:
        """It, as it is told."""
        return Episode(
            start=self.start,
            detected_at=self.detected_at,
            peak=self.peak,
            end=self.raised_until if self.ended else None,
            observed=self.observed,
            expected=self.expected,
            score=self.score,
            provisional=self.provisional,
            pulses=self.pulses.pulses(),
            rises=tuple(msgspec.structs.replace(rise) for rise in self.rises),
        )

    def come_back(self, run: Run, until: datetime) -> None:
        """Begin another rise, of which these bins are the first."""
        if not self.rises:
            first = Rise(
                start=self.start,
                observed=self.observed,
                expected=self.expected,
                highest=self.peak,
                score=self.score,
                until=self.raised_until,
                detected_at=self.detected_at,
            )
            self.rises.append(first)
        self.rises.append(Rise(**msgspec.structs.asdict(run), detected_at=until))
        self.ended = False


class EpisodeState(msgspec.Struct):
    """One series' episodes; `step` changes it in place. Replaying the last days' bins rebuilds it."""

    window: list[tuple[int, float]] = []
    run: Run | None = None
    current: Current | None = None

    @property
    def episode(self) -> Episode | None:
        """The spike that lasts, or the one that ended in the last twelve hours."""
        return None if self.current is None else self.current.told()

    def to_json(self) -> bytes:
        """Everything, exactly."""
        return msgspec.json.encode(self)

    @classmethod
    def from_json(cls, data: bytes | str) -> EpisodeState:
        """Restore what `to_json` wrote.

        Raises:
            ValueError: it is no such state.
        """
        try:
            return msgspec.json.decode(data, type=cls)
        except msgspec.DecodeError as error:
            raise ValueError(f"Not the state of a series' spikes: {error}. Replay its bins instead.") from error
