"""How high an incident stands, and what has grown since a channel was told."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from processing.alerts.notification import Growth
from processing.contract import Incident, Severity, highest_pulse

FAR_HIGHER = 2.0
"""So many times as high is far higher."""


@dataclass(frozen=True)
class Height:
    """How high an incident stands: as it is, or as a channel knows it.

    `peak` is in posts above the expectation in the highest bin, `pulse` is the start of the pulse that holds this bin,
    and `last_pulse` the start of the newest pulse.
    """

    severity: Severity
    languages: tuple[str, ...]
    peak: float
    pulse: datetime
    last_pulse: datetime

    def known_after(self, told: Height | None) -> Height:
        """Return what a channel knows once it is told of this height: it forgets no severity and no language."""
        if told is None:
            return self
        return Height(
            max(self.severity, told.severity, key=lambda each: each.rank),
            (*self.languages, *(each for each in told.languages if each not in self.languages)),
            self.peak,
            self.pulse,
            max(self.last_pulse, told.last_pulse),
        )


def height_of(incident: Incident) -> Height:
    """Return how high an incident stands now."""
    highest = highest_pulse(incident)
    last = max((pulse.start for pulse in incident.pulses), default=highest.start)
    return Height(incident.severity, incident.languages, highest.excess, highest.start, last)


def growth(incident: Incident, told: Height, factor: float, languages: Collection[str]) -> tuple[Growth, ...]:
    """Return what has grown since a channel was told. `factor`: so many times as high is far higher.

    `languages` are those of the incident's languages that are news to the channel where they are new.
    """
    return tuple(_growth(incident, told, factor, languages))


def _growth(incident: Incident, told: Height, factor: float, languages: Collection[str]) -> Iterator[Growth]:
    now = height_of(incident)
    if now.severity.rank > told.severity.rank:
        yield Growth.SEVERITY
    if not set(languages) <= set(told.languages):
        yield Growth.LANGUAGE
    if now.last_pulse > told.last_pulse or came_back_far_higher(incident, told, factor):
        yield Growth.PULSE


def rose(incident: Incident, told: Height, factor: float) -> bool:
    """Return whether an incident is more severe, or came back far higher: news even to who has it in hand."""
    return incident.severity.rank > told.severity.rank or came_back_far_higher(incident, told, factor)


class Peak(Protocol):
    """The highest bin that a channel was told of, in posts above the expectation, and the start of its pulse."""

    @property
    def peak(self) -> float: ...
    @property
    def pulse(self) -> datetime: ...


def came_back_far_higher(incident: Incident, told: Peak, factor: float = FAR_HIGHER) -> bool:
    """Return whether a pulse that began after the one that was told is far higher than that one and all up to it.

    That the pulse which was told has risen further is no news: it was told while it rose.
    """
    highest = highest_pulse(incident)
    known = (pulse.excess for pulse in incident.pulses if pulse.start <= told.pulse)
    return highest.start > told.pulse and highest.excess > factor * max(told.peak, *known, 0.0)
