"""From scored bins to the spikes of one series: when each began, peaked and ended, and its pulses.

The detector says which bins belong to a spike. Here they become one record, which is told again only when it comes
back far larger: a start within twelve hours of an end continues the old spike.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from processing.detection.bins import NEVER
from processing.detection.episode import Episode, EpisodeKind, Run, Segment
from processing.detection.policy import DetectorPolicy
from processing.detection.pulses import Observation, PulseState, follow


class EpisodeState(msgspec.Struct):
    """The spike of a series that lasts, or the last one while it may come back.

    `step` and `step_unknown` change it in place. Its parts never change, so `copy.copy` copies it.
    """

    run: Run | None = None
    """Raised bins from which a spike may begin."""
    segments: tuple[Segment, ...] = ()
    ended: bool = False
    provisional: bool = False
    told: float = 0.0
    """The excess of the highest bin of the rises that have been told."""
    told_rises: int = 0
    """So many of the spike's rises are told."""
    quickened: bool = False
    """A spike that the slow scale opened has reached `enter` on the fast one too, which is one more rise."""
    since_observed: int = 0
    since_expected: float = 0.0
    """Posts behind the last raised bin: they belong to the spike only if it rises again."""

    @property
    def episode(self) -> Episode | None:
        """The spike that lasts, or the one that ended in the last twelve hours."""
        if not self.segments:
            return None
        return Episode(self.segments, self.segments[-1].until if self.ended else None, self.provisional)

    @property
    def rises(self) -> int:
        """Pulses, and what has quickened."""
        return sum(1 + len(each.pulses.done) for each in self.segments) + self.quickened

    @property
    def is_at_rest(self) -> bool:
        """No bin is raised and no spike lasts, though the last one may still come back."""
        return self.run is None and (self.ended or not self.segments)

    def rests_until(self, policy: DetectorPolicy) -> int:
        """The number of the last bin that changes nothing unless it is raised; -1 where the next one may."""
        if not self.is_at_rest:
            return -1
        return policy.number_of(self.segments[-1].until + policy.rest) if self.segments else NEVER


def step_unknown(policy: DetectorPolicy, state: EpisodeState, start: datetime) -> EpisodeKind | None:
    """Take in an unknown bin.

    While its bins are unknown a spike neither goes on nor ends, for twelve hours at most; what rises behind more of
    them is a spike of its own.
    """
    if state.run is not None and start - state.run.until >= policy.rest:
        state.run = None
    if not state.segments or start - state.segments[-1].until < policy.rest:
        return None
    return _end(state)


def step(
    policy: DetectorPolicy, state: EpisodeState, own: Observation, window: Observation, run: Run | None, *, spike: bool
) -> EpisodeKind | None:
    """Take in the next known bin, and say what it changed of the spike that `state.episode` has.

    `own` is the bin, `window` the fast scale's long window. `run` is the bin as raised bins, None where it is not
    raised; where the slow scale raises it behind bins that were not, it is what that scale saw rise. `spike`: the
    detector says that the bin is of one.
    """
    state.run = raised = state.run.joined(run) if state.run and run else run
    start = (raised or own).start
    if state.ended and start - state.segments[-1].until > policy.rest:  # too long ago for it to come back
        state.segments, state.ended = (), False
    is_new = not state.segments
    if is_new and not (spike and run):
        return None
    if not is_new and not state.ended:
        last = state.segments[-1]
        pulses = follow(last.pulses, own, window, policy.fast.long, may_begin=spike)
        state.segments = (*state.segments[:-1], msgspec.structs.replace(last, pulses=pulses))
    if not spike:
        return _end(state)
    state.since_observed += own.count
    state.since_expected += own.expected
    if run is None or raised is None:  # below the level, but not yet for an hour
        return None
    if is_new or state.ended:
        _begin_rise(state, raised, window, own.start + policy.width, run.window)
    else:
        between = msgspec.structs.replace(run, observed=state.since_observed, expected=state.since_expected)
        state.segments = (*state.segments[:-1], state.segments[-1].joined(between))
    state.since_observed, state.since_expected = 0, 0.0
    if is_new:
        state.told, state.told_rises, state.quickened = raised.highest.excess, 1, False
        return EpisodeKind.OPENED
    return _grown(policy, state, run)


def _begin_rise(state: EpisodeState, raised: Run, window: Observation, found_at: datetime, opened_by: str) -> None:
    """Begin another rise with raised bins."""
    pulses = PulseState(raised.start, raised.highest, window, window, window.excess)
    fields = msgspec.structs.asdict(raised)
    rise = Segment(**fields, detected_at=found_at, pulses=pulses, opened_by=opened_by)
    state.segments, state.ended = (*state.segments, rise), False


def _grown(policy: DetectorPolicy, state: EpisodeState, bin_: Run) -> EpisodeKind:
    """A spike is told again when a rise behind those that were told has a bin far above all of theirs."""
    state.quickened |= bin_.window == policy.fast.name != state.segments[0].opened_by and bin_.score >= policy.enter
    highest = max(each.highest.excess for each in state.segments)
    if state.rises == state.told_rises:
        state.told = highest
    elif highest > policy.escalation * state.told:
        state.told, state.told_rises = highest, state.rises
        return EpisodeKind.ESCALATED
    return EpisodeKind.GREW


def _end(state: EpisodeState) -> EpisodeKind | None:
    if state.ended:
        return None
    state.ended = True
    return EpisodeKind.ENDED


def reconcile(told: EpisodeState, anew: EpisodeState, now: datetime, reach: timedelta) -> EpisodeState:
    """The spike that was found when its last bins were judged again, with the posts that came late.

    It keeps the name of the one that was told; a spike is known by its start. Where the two cannot be the same, what
    was told stands. One that only the late posts have shown was found now.
    """
    if not anew.segments:
        return told if told.segments else anew
    before, (first, *others) = told.segments, anew.segments
    if not before or (told.ended and first.start > before[0].start):
        anew.segments = (first.renamed(first.start, now), *others)
        return anew
    if not before[0].start - reach <= first.start <= before[0].start:
        return told
    first = first.renamed(before[0].start, before[0].detected_at)
    anew.segments = (first, *(_named(each, before[1:], now, reach) for each in others))
    return anew


def _named(rise: Segment, told: tuple[Segment, ...], now: datetime, reach: timedelta) -> Segment:
    known = next((each for each in told if each.start - reach <= rise.start <= each.start), None)
    return rise.renamed(*((rise.start, now) if known is None else (known.start, known.detected_at)))


def changed(told: EpisodeState, live: EpisodeState, last: EpisodeKind) -> EpisodeKind | None:
    """What late posts have made of a spike: nothing, or what is to be said of it; `last` was said of its last bin."""
    before, after = told.episode, live.episode
    if after is None or after == before:
        return None
    if before is None or before.start != after.start:
        return EpisodeKind.OPENED
    if live.told_rises > told.told_rises:
        return EpisodeKind.ESCALATED
    return EpisodeKind.ENDED if last is EpisodeKind.ENDED else EpisodeKind.GREW
