"""A spike of one series as it is told and as it is remembered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from processing.contract import Pulse, Spike
from processing.spikes.detector import severity
from processing.spikes.pulses import Beat, PulseState


class EpisodeKind(StrEnum):
    """What became of a spike."""

    OPENED = "opened"
    GREW = "grew"
    ESCALATED = "escalated"
    ENDED = "ended"


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """A spike as far as it is known. `end` is None while it lasts; counts run from `start` to the last raised bin."""

    start: datetime
    detected_at: datetime
    peak: Beat
    end: datetime | None
    observed: int
    expected: float
    score: float
    provisional: bool
    pulses: tuple[Pulse, ...]

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


class EpisodeEvent(msgspec.Struct, frozen=True):
    """What a bin changed, known at the end of that bin."""

    kind: EpisodeKind
    at: datetime
    episode: Episode


class Run(msgspec.Struct):
    """Bins raised one after the other, from which a spike may begin."""

    start: datetime
    observed: int
    expected: float
    highest: Beat
    score: float
    until: datetime
    """The end of its last bin."""


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
        )


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
