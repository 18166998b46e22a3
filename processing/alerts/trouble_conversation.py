"""What is said next in the conversation with one channel about one trouble of banwatch itself. Pure.

Two things keep a trouble that comes and goes from being told again and again. It is told only once it has lasted for a
while, and it is over only once it has been gone for a while.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec

from processing.alerts.conversation import Conversation, Decision
from processing.alerts.notification import Growth, Step
from processing.alerts.reasons import Reason, State
from processing.troubles import Area, Trouble, TroubleSeverity

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class TroublePolicy:
    """How long a trouble has to last before it is told, and to be gone before it is over.

    `lasting_in` has other times than `lasting` for some areas.
    After a start, sources need a moment to be heard of, and counts some minutes to catch up.
    """

    lasting: timedelta = MINUTE
    lasting_in: Mapping[Area, timedelta] = field(
        default_factory=lambda: {Area.LAG: 10 * MINUTE, Area.WATCH: 5 * MINUTE}
    )
    gone: timedelta = 5 * MINUTE

    def until_told(self, area: Area) -> timedelta:
        """Return how long a trouble in an area has to last before it is told."""
        return self.lasting_in.get(area, self.lasting)


@dataclass(frozen=True)
class Sighting:
    """A trouble as it was seen last, and the time between the first and the last time that it was seen."""

    trouble: Trouble
    first: datetime
    last: datetime


def sighted(
    policy: TroublePolicy, known: Mapping[str, Sighting], found: Iterable[Trouble], now: datetime
) -> dict[str, Sighting]:
    """Return what is wrong by `Trouble.about`, after a look that has found these troubles.

    A trouble began when it was seen first. What is no longer found is kept until it has been gone for long enough.
    """
    # A clock that was set back is no reason to wait until it has caught up.
    kept = {about: each for about, each in known.items() if each.last <= now < each.last + policy.gone}
    for trouble in sorted(found, key=lambda each: each.severity.rank):
        before = known.get(trouble.about)
        since = trouble.since if before is None else min(before.trouble.since, trouble.since)
        first = now if before is None else min(before.first, now)
        kept[trouble.about] = Sighting(msgspec.structs.replace(trouble, since=since), first, now)
    return kept


@dataclass(frozen=True, kw_only=True)
class TroubleSituation:
    """How a trouble stands at a channel.

    `trouble` is None where nothing is wrong. `told` is the trouble as the channel was told of it last. `named`: a rule
    names the channel for it; `gone`: the channel, or the one that the trouble is about, is no longer configured.
    `historic`: nothing has been heard of it for so long that it is no news.
    """

    trouble: Trouble | None
    told: Trouble | None = None
    named: bool = True
    gone: bool = False
    historic: bool = False
    repeat: timedelta | None = None


def trouble_step(state: Conversation, given: TroubleSituation, now: datetime) -> Decision:
    """Decide what is said next. `now` is the wall clock. The state comes back equal where nothing is to be written."""
    if state.state is State.FIRING:
        return _go_on(state, given, now)
    return _open(state, given, now)


def _open(state: Conversation, given: TroubleSituation, now: datetime) -> Decision:
    trouble = given.trouble
    if trouble is None or trouble.severity is TroubleSeverity.NOTICE or not given.named or given.gone:
        return Decision(state, None, (), Reason.UNCHANGED)
    if given.historic and state.reason in {None, Reason.HISTORIC}:
        return Decision(replace(state, reason=Reason.HISTORIC), None, (), Reason.HISTORIC, Step.OPENED)
    return _say(state, State.FIRING, Step.OPENED, Reason.OPENED, now)


def _go_on(state: Conversation, given: TroubleSituation, now: datetime) -> Decision:
    if given.trouble is None:
        if given.gone:
            over = replace(state, state=State.RESOLVED, reason=Reason.CHANNEL_GONE)
            return Decision(over, None, (), Reason.CHANNEL_GONE)
        return _say(state, State.RESOLVED, Step.RESOLVED, Reason.RESOLVED, now)
    # Whoever is told no more of it hears that it is over all the same.
    if not given.named or given.gone:
        return Decision(state, None, (), Reason.UNCHANGED)
    if given.told is not None and given.trouble.severity.rank > given.told.severity.rank:
        return _say(state, State.FIRING, Step.GREW, Reason.GREW, now, grown=(Growth.SEVERITY,))
    if given.historic:
        return Decision(state, None, (), Reason.UNCHANGED)
    if given.repeat is not None and state.told_at is not None and now >= state.told_at + given.repeat:
        return _say(state, State.FIRING, Step.REPEATED, Reason.REPEATED, now)
    return Decision(state, None, (), Reason.UNCHANGED)


def _say(
    state: Conversation, to: State, said: Step, reason: Reason, now: datetime, *, grown: tuple[Growth, ...] = ()
) -> Decision:
    return Decision(replace(state, state=to, reason=reason, told_at=now), said, grown, reason)
