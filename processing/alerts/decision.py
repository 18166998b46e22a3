"""Whether to tell people of an incident: a pure decision with a name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from processing.contract import Incident, VerdictName, highest_pulse


class Decision(StrEnum):
    """Why a channel is told of an incident, or is not."""

    FIRST = "first"
    GREW = "grew"
    ALREADY_TOLD = "already told"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    NOT_TOLD_CONCENTRATED = "not_told_concentrated"
    NOT_TOLD_COLLECTOR = "not_told_collector"
    NOT_TOLD_BACKFILL = "not_told_backfill"
    WAITING = "waiting to try again"
    GAVE_UP = "gave up"

    @property
    def tells(self) -> bool:
        """Whether something is sent."""
        return self in {Decision.FIRST, Decision.GREW}

    @property
    def withholds(self) -> bool:
        """Whether it is the verdict that keeps it back."""
        return self in NOT_TOLD.values()


NOT_TOLD = {
    VerdictName.CONCENTRATED: Decision.NOT_TOLD_CONCENTRATED,
    VerdictName.COLLECTOR: Decision.NOT_TOLD_COLLECTOR,
    VerdictName.BACKFILL: Decision.NOT_TOLD_BACKFILL,
}


@dataclass(frozen=True)
class AlertPolicy:
    """When an incident is told again, and how often a channel that fails is tried.

    `growth`: so many times as high as what was told is far higher. The first retry comes `retry_after` the try that
    failed, each later one after twice the time; after `most_tries` tries, half an hour in all, nothing more is tried.
    """

    growth: float = 2.0
    retry_after: timedelta = timedelta(minutes=1)
    most_tries: int = 6


@dataclass(frozen=True)
class ToldPulse:
    """The highest pulse of an incident when it was told: posts above the expectation in its highest bin, its start."""

    excess: float
    start: datetime


@dataclass(frozen=True)
class AlertState:
    """What is known of one incident at one channel at the time `now`.

    `told` is None before it was told. `tries` are those that have failed to tell what
    the incident is now, the last of them at `tried_at`; `refused`: the channel will never take it.
    """

    now: datetime
    told: ToldPulse | None = None
    acknowledged: bool = False
    silenced: bool = False
    tries: int = 0
    tried_at: datetime | None = None
    refused: bool = False


def decide(policy: AlertPolicy, incident: Incident, state: AlertState) -> Decision:
    """An incident is told once, and again when it comes back far higher than it was told."""
    grew = state.told is not None and _came_back_far_higher(policy, incident, state.told)
    if state.told is not None and not grew:
        return Decision.ALREADY_TOLD
    # Somebody has it in hand, until it clears.
    if state.acknowledged:
        return Decision.ACKNOWLEDGED
    # Somebody has asked not to hear of its topic for that time.
    if state.silenced:
        return Decision.SILENCED
    # It is no surge of people. A later verdict may say otherwise.
    if incident.verdict in NOT_TOLD:
        return NOT_TOLD[incident.verdict]
    # The channel has said that it will not take it, or has failed too often.
    if state.refused or state.tries >= policy.most_tries:
        return Decision.GAVE_UP
    # The channel failed a short time ago.
    if state.tried_at is not None and state.now < state.tried_at + policy.retry_after * 2 ** (state.tries - 1):
        return Decision.WAITING
    return Decision.GREW if grew else Decision.FIRST


def _came_back_far_higher(policy: AlertPolicy, incident: Incident, told: ToldPulse) -> bool:
    """Whether a pulse that began after the one that was told is far higher than that one and all up to it.

    That the pulse which was told has risen further is no news: it was told while it rose.
    """
    highest = highest_pulse(incident)
    known = (pulse.excess for pulse in incident.pulses if pulse.start <= told.start)
    return highest.start > told.start and highest.excess > policy.growth * max(told.excess, *known, 0.0)
