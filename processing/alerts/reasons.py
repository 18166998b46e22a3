"""How a conversation stands, how the rules stand to it, and why something is said or is not: a name for each."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """How a conversation stands."""

    PENDING = "pending"
    """The channel has been told nothing yet."""
    FIRING = "firing"
    RECOVERING = "recovering"
    """The surge has ended. The incident may still grow."""
    RESOLVED = "resolved"


class Reason(StrEnum):
    """The branch that a decision took."""

    OPENED = "opened"
    GREW = "grew"
    REPEATED = "repeated"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    RESOLVED_BY_PERSON = "resolved_by_person"
    RESOLVED_UNKNOWN = "resolved_unknown"
    """The incident seems over, and a source of it has not delivered the time since for too long to wait on."""

    # Held back:
    HISTORIC = "historic"
    """The incident was found long after it happened: in an archive, in posts that were fetched after the fact."""
    NO_ROUTE = "no_route"
    """No rule matches, or none does any more."""
    LASTING = "lasting"
    """A rule matches once the incident has gone on for longer."""
    VERDICT = "verdict"
    """A rule matches but for who made the surge."""
    SILENCED = "silenced"
    INHIBITED = "inhibited"
    """The channel hears of the incident that this one is a part of."""
    IN_HAND = "in_hand"
    """Somebody has acknowledged the incident, and it has not risen since."""
    GATHERING = "gathering"
    """The channel was told a short time ago: what grows meanwhile is told at once."""
    NO_DATA = "no_data"
    """The incident seems over, but a source of it is silent."""
    UNKNOWN = "unknown"
    """The incident seems over, but what its sources have to say of the time since is not known yet."""

    # Nothing to say:
    ROUTED = "routed"
    """A rule matches by now, so the conversation goes on with its channel."""
    RECOVERING = "recovering"
    WENT_ON = "went_on"
    """The surge had ended and goes on again."""
    OVER_UNTOLD = "over_untold"
    ENDED_UNTOLD = "ended_untold"
    """A person ended the incident before the channel was told of it."""
    CHANNEL_GONE = "channel_gone"
    """It is over, and the channel is no longer configured."""
    UNCHANGED = "unchanged"
    CLOSED = "closed"
    """The conversation is over."""


HELD_BACK = frozenset(
    {
        *(Reason.HISTORIC, Reason.NO_ROUTE, Reason.LASTING, Reason.VERDICT, Reason.SILENCED, Reason.INHIBITED),
        *(Reason.IN_HAND, Reason.GATHERING, Reason.NO_DATA, Reason.UNKNOWN),
    }
)
"""The reasons for which something was to be said, and was not."""


class Match(StrEnum):
    """How the rules stand to an incident at a channel."""

    MATCHES = "matches"
    LASTING = "lasting"
    VERDICT = "verdict"
    NONE = "none"
    GONE = "gone"
    """The channel is no longer configured."""
    ELSEWHERE = "elsewhere"
    """Of the conversation without a channel: a channel is named by now."""


UNMATCHED = {
    Match.LASTING: Reason.LASTING,
    Match.VERDICT: Reason.VERDICT,
    Match.NONE: Reason.NO_ROUTE,
    Match.GONE: Reason.NO_ROUTE,
}
"""Why nothing is said where the rules stand so."""
