"""From scored bins to the spikes of one series: when each began, peaked and ended, and its pulses.

The detector says which bins belong to a spike. Here they become one record, which is told again only when it comes
back far larger: a start within twelve hours of an end continues the old spike.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from processing.detection.episode import EpisodeKind, EpisodeState, Run, Segment
from processing.detection.policy import DetectorPolicy
from processing.detection.pulses import Observation, PulseState, follow

_NEVER = datetime.max.replace(tzinfo=UTC)


class Scored(msgspec.Struct, frozen=True):
    """What the detector says of one bin of one series; `count` is None where it is unknown."""

    start: datetime
    count: int | None
    expected: float
    score: float
    raised: bool
    spike: bool
    scale: str
    """The name of the scale that the score is of."""
    window: Observation
    """The long window of the fast scale."""
    in_window: Observation
    """That of the scale that the score is of."""
    rise: Callable[[datetime | None], Run] | None = None
    """What stands for the bin where it is the first raised one and the slow scale raised it: that scale's hours."""


def step(policy: DetectorPolicy, state: EpisodeState, scored: Scored) -> EpisodeKind | None:
    """Take in the next scored bin, and say what it changed of the spike that `state.episode` has.

    While its bins are unknown a spike neither goes on nor ends, for twelve hours at most; what rises behind more of
    them is a spike of its own.
    """
    if scored.count is None:
        return _unknown(policy, state, scored)
    own = Observation(scored.start, scored.count, scored.expected)
    return _known(policy, state, scored, own)


def _unknown(policy: DetectorPolicy, state: EpisodeState, scored: Scored) -> EpisodeKind | None:
    if state.run is not None and scored.start - state.run.until >= policy.rest:
        state.run = None
    if not state.segments or scored.start - state.segments[-1].until < policy.rest:
        return None
    return _end(state)


def rests_until(policy: DetectorPolicy, state: EpisodeState) -> datetime | None:
    """The last start of a bin that changes nothing unless it is raised; None where the next one may.

    No spike lasts then, and the last one may still come back.
    """
    if state.run is not None or (state.segments and not state.ended):
        return None
    return state.segments[-1].until + policy.rest if state.segments else _NEVER


def _known(policy: DetectorPolicy, state: EpisodeState, scored: Scored, own: Observation) -> EpisodeKind | None:
    state.run = run = _run(policy, state, scored, own)
    if _is_over(policy, state, run.start if run else scored.start):
        state.segments, state.ended = [], False
    if not state.segments:
        if not scored.spike or run is None:
            return None
        return _open(policy, state, run, scored)
    if not state.ended:
        follow(state.segments[-1].pulses, own, scored.window, policy.fast.long, may_begin=scored.spike)
    if not scored.spike:
        return _end(state)
    state.since_observed += own.count
    state.since_expected += own.expected
    if run is None:  # below the level, but not yet for an hour
        return None
    if state.ended:
        _begin_rise(policy, state, run, scored)
    else:
        between = _run_of(policy, scored, own)
        between.observed, between.expected = state.since_observed, state.since_expected
        state.segments[-1].add(between)
    state.since_observed, state.since_expected = 0, 0.0
    return _grown(policy, state, scored)


def _run(policy: DetectorPolicy, state: EpisodeState, scored: Scored, own: Observation) -> Run | None:
    """The raised bins up to this one without a break."""
    if not scored.raised:
        return None
    if state.run is not None:
        state.run.add(_run_of(policy, scored, own))
        return state.run
    if scored.rise is None or (state.segments and not state.ended):
        return _run_of(policy, scored, own)
    return scored.rise(state.segments[-1].until if state.segments else None)


def _run_of(policy: DetectorPolicy, scored: Scored, own: Observation) -> Run:
    """One raised bin."""
    return Run(
        start=own.start,
        until=own.start + policy.width,
        observed=own.count,
        expected=own.expected,
        highest=own,
        score=scored.score,
        ratio=(own.count + 1.0) / (own.expected + 1.0),
        window=scored.scale,
        in_window=scored.in_window,
    )


def _is_over(policy: DetectorPolicy, state: EpisodeState, start: datetime) -> bool:
    """Whether the last spike ended too long before this start for it to come back."""
    return bool(state.segments) and state.ended and start - state.segments[-1].until > policy.rest


def _open(policy: DetectorPolicy, state: EpisodeState, run: Run, scored: Scored) -> EpisodeKind:
    state.segments = []
    _begin_rise(policy, state, run, scored)
    state.since_observed, state.since_expected = 0, 0.0
    state.told, state.told_rises, state.quickened = run.highest.excess, 1, False
    return EpisodeKind.OPENED


def _begin_rise(policy: DetectorPolicy, state: EpisodeState, run: Run, scored: Scored) -> None:
    """Begin another rise, of which the run's bins are the first."""
    pulses = PulseState.begin(run.start, run.highest, scored.window)
    found_at = scored.start + policy.width
    rise = Segment(**msgspec.structs.asdict(run), detected_at=found_at, pulses=pulses, opened_by=scored.scale)
    state.segments.append(rise)
    state.ended = False


def _grown(policy: DetectorPolicy, state: EpisodeState, scored: Scored) -> EpisodeKind:
    """A spike is told again when a rise behind those that were told has a bin far above all of theirs."""
    state.quickened |= scored.scale == policy.fast.name != state.segments[0].opened_by and scored.score >= policy.enter
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
