"""Which channels work, and who is told of one that does not. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from processing.alerts.notification import Outcome, Step
from processing.alerts.retries import FAILED, is_over

REPORTED_FROM = 2
"""Failed attempts in a row with which a channel is reported."""


@dataclass(frozen=True)
class ChannelHealth:
    """The failed attempts of a channel in a row, whatever they carried, and the pause behind the last attempt."""

    in_row: int = 0
    tried_at: datetime | None = None
    pause: timedelta = timedelta()

    def after(self, outcome: Outcome, at: datetime, pause: timedelta = timedelta()) -> ChannelHealth:
        """Return the health after one more attempt."""
        return ChannelHealth(self.in_row + 1 if outcome in FAILED else 0, at, pause)

    def rests(self, now: datetime) -> bool:
        """Return whether the channel is left alone for now. `now` is the wall clock."""
        return self.tried_at is not None and not is_over(self.tried_at, self.pause, now)

    @property
    def fails(self) -> bool:
        """Whether the channel is reported."""
        return self.in_row >= REPORTED_FROM


@dataclass(frozen=True)
class Report:
    """A report on `channel`, to be told at `told_at`."""

    channel: str
    told_at: str
    step: Step


def reports(
    health: Mapping[str, ChannelHealth],
    reported: Collection[tuple[str, str]],
    configured: Collection[str],
    preferred: str,
) -> Iterable[Report]:
    """Yield what is to be told of channels that have failed, or work again.

    `reported` holds the channels that are told to fail, each with where that was told. A channel that fails is reported
    at `preferred`, or at another channel if that one fails itself. If none works, the report waits until one does.
    """
    failing = {name for name, known in health.items() if known.fails}
    told = {channel for channel, _ in reported}
    for name in sorted(failing - told):
        others = [each for each in sorted(configured) if each not in failing]
        if others:
            yield Report(name, preferred if preferred in others else others[0], Step.CHANNEL_FAILED)
    for name, told_at in sorted(reported):
        if name in health and not health[name].in_row:
            yield Report(name, told_at, Step.RESOLVED)
