"""From scored bins to the spikes of one series: when each began, peaked and ended, and its pulses.

The detector says which bins belong to a spike. Here they become one record, which is told again only when it comes
back far larger: a start within twelve hours of an end continues the old spike.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from processing.contract import BinState
from processing.detection.previous.detector import DetectorPolicy, Scored
from processing.detection.previous.episode import Current, Episode, EpisodeEvent, EpisodeKind, EpisodeState, Rise, Run
from processing.detection.previous.pulses import Beat, PulseState, Window, follow, highest_of

__all__ = ["Episode", "EpisodeEvent", "EpisodeKind", "EpisodePolicy", "EpisodeState", "step"]


class EpisodePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Which rises are one spike, and when it is told again."""

    width: timedelta
    half_hour: int
    """Bins over which pulses are smoothed."""
    leave: float
    """The score from which on a bin is raised; the detector's."""
    rest: timedelta = timedelta(hours=12)
    escalation: float = 2.0

    @classmethod
    def matching(cls, detector: DetectorPolicy) -> EpisodePolicy:
        """The policy that goes with a detector's."""
        return cls(width=detector.width, half_hour=detector.half_hour, leave=detector.leave)


def step(policy: EpisodePolicy, state: EpisodeState, scored: Scored) -> tuple[EpisodeState, EpisodeEvent | None]:
    """Take in the next scored bin. The state is changed in place and returned.

    While its bins are unknown a spike neither goes on nor ends, for twelve hours at most; what rises behind more of
    them is a spike of its own. Bins that are left out say nothing: give them as unknown, or the last of them.
    """
    if state.current is None and state.run is None and scored.count is not None and scored.score < policy.leave:
        _remember(policy, state, scored.count, scored.expected)
        return state, None
    until = scored.start + policy.width
    kind = _unknown(policy, state, scored) if scored.count is None else _known(policy, state, scored, until)
    current = state.current
    if kind is None or current is None:
        return state, None
    return state, EpisodeEvent(kind, until, current.told())


def _unknown(policy: EpisodePolicy, state: EpisodeState, scored: Scored) -> EpisodeKind | None:
    run, current = state.run, state.current
    if run is not None and scored.start - run.until >= policy.rest:
        state.run = None
    if current is None or scored.start - current.raised_until < policy.rest:
        return None
    return _end(current)


def _known(policy: EpisodePolicy, state: EpisodeState, scored: Scored, until: datetime) -> EpisodeKind | None:
    beat = Beat(scored.start, scored.count or 0, scored.expected)
    window = _smooth(policy, state, beat)
    state.run = run = _run(policy, state.run, beat, scored.score)
    spike = scored.state is BinState.SPIKE
    current = state.current = _still_current(policy, state.current, run.start if run else beat.start)
    if current is None:
        if not spike or run is None:
            return None
        state.current = _open(run, window, until, provisional=scored.provisional)
        return EpisodeKind.OPENED
    current.since_observed += beat.count
    current.since_expected += beat.expected
    follow(current.pulses, beat, window, may_begin=spike and (run is not None or not current.ended))
    if not spike:
        return _end(current)
    if run is None:  # below the level, but not yet for an hour
        return None
    if current.ended:
        current.come_back(run, until)
        current.untold_above = policy.escalation * current.peak.excess
    return _raise(current, run, until)


def _still_current(policy: EpisodePolicy, current: Current | None, start: datetime) -> Current | None:
    """The last spike, unless it ended too long before this start for it to come back."""
    if current is not None and current.ended and start - current.raised_until > policy.rest:
        return None
    return current


def _remember(policy: EpisodePolicy, state: EpisodeState, count: int, expected: float) -> None:
    state.window.append((count, expected))
    if len(state.window) > policy.half_hour:
        del state.window[0]


def _smooth(policy: EpisodePolicy, state: EpisodeState, beat: Beat) -> Window:
    _remember(policy, state, beat.count, beat.expected)
    counts, means = zip(*state.window, strict=True)
    return Window(sum(counts), sum(means), len(counts))


def _run(policy: EpisodePolicy, run: Run | None, beat: Beat, score: float) -> Run | None:
    """The raised bins up to this one without a break."""
    if score < policy.leave:
        return None
    if run is None:
        return Run(beat.start, beat.count, beat.expected, beat, score, beat.start + policy.width)
    run.observed += beat.count
    run.expected += beat.expected
    run.highest = highest_of(run.highest, beat)
    run.score = max(run.score, score)
    run.until = beat.start + policy.width
    return run


def _open(run: Run, window: Window, until: datetime, *, provisional: bool) -> Current:
    return Current(
        start=run.start,
        detected_at=until,
        peak=run.highest,
        score=run.score,
        provisional=provisional,
        observed=run.observed,
        expected=run.expected,
        raised_until=until,
        pulses=PulseState.begin(run.start, run.highest, window),
    )


def _raise(current: Current, run: Run, until: datetime) -> EpisodeKind:
    if current.rises and current.rises[-1].until < until:  # not the bin with which it began
        _extend(current.rises[-1], current, run, until)
    current.observed += current.since_observed
    current.expected += current.since_expected
    current.since_observed, current.since_expected = 0, 0.0
    current.raised_until = until
    current.peak = highest_of(current.peak, run.highest)
    current.score = max(current.score, run.score)
    if current.untold_above is None or current.peak.excess <= current.untold_above:
        return EpisodeKind.GREW
    current.untold_above = None
    return EpisodeKind.ESCALATED


def _extend(rise: Rise, current: Current, run: Run, until: datetime) -> None:
    rise.observed += current.since_observed
    rise.expected += current.since_expected
    rise.highest = highest_of(rise.highest, run.highest)
    rise.score = max(rise.score, run.score)
    rise.until = until


def _end(current: Current) -> EpisodeKind | None:
    if current.ended:
        return None
    current.ended = current.pulses.apart = True
    current.untold_above = None
    return EpisodeKind.ENDED
