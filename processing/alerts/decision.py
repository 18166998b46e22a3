"""Whether to tell people of an incident: a pure decision with a name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from processing.contract import VerdictName


class Decision(StrEnum):
    """Why a channel is told of an incident, or is not."""

    FIRST = "first"
    ALREADY_TOLD = "already told"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    NOT_TOLD_CONCENTRATED = "not_told_concentrated"
    NOT_TOLD_COLLECTOR = "not_told_collector"
    NOT_TOLD_BACKFILL = "not_told_backfill"

    @property
    def tells(self) -> bool:
        """Whether something is sent."""
        return self is Decision.FIRST

    @property
    def waits(self) -> bool:
        """Whether it was the verdict that kept it back: another one may come."""
        return self in NOT_TOLD.values()


NOT_TOLD = {
    VerdictName.CONCENTRATED: Decision.NOT_TOLD_CONCENTRATED,
    VerdictName.COLLECTOR: Decision.NOT_TOLD_COLLECTOR,
    VerdictName.BACKFILL: Decision.NOT_TOLD_BACKFILL,
}


@dataclass(frozen=True)
class AlertState:
    """What is known of one incident at one channel."""

    told: bool
    acknowledged: bool
    silenced: bool
    verdict: VerdictName = VerdictName.ORGANIC


def decide(standing: AlertState) -> Decision:
    """One incident is told once, unless somebody has it in hand, asked for silence, or it is no surge of people."""
    if standing.told:
        return Decision.ALREADY_TOLD
    if standing.acknowledged:
        return Decision.ACKNOWLEDGED
    if standing.silenced:
        return Decision.SILENCED
    return NOT_TOLD.get(standing.verdict, Decision.FIRST)
