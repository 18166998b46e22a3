"""Whether to tell people of an incident: a pure decision with a name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Decision(StrEnum):
    """Why a channel is told of an incident, or is not."""

    FIRST = "first"
    ALREADY_TOLD = "already told"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"

    @property
    def tells(self) -> bool:
        """Whether something is sent."""
        return self is Decision.FIRST


@dataclass(frozen=True)
class Standing:
    """What is known of one incident at one channel."""

    told: bool
    acknowledged: bool
    silenced: bool


def decide(standing: Standing) -> Decision:
    """One incident is told once, unless somebody has it in hand or asked for silence."""
    if standing.told:
        return Decision.ALREADY_TOLD
    if standing.acknowledged:
        return Decision.ACKNOWLEDGED
    if standing.silenced:
        return Decision.SILENCED
    return Decision.FIRST
