"""Asks the store what each spike is, and when it can be told. For the watch, the open bin and the backtest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from processing.contract import Spike, VerdictName, highest_pulse
from processing.detection.bins import bins, close_of_bin
from processing.detection.episode import severity
from processing.detection.series import Name, name_of
from processing.queries import Reader
from processing.queries.rollups import MINUTE
from processing.verdicts import evidence
from processing.verdicts.collectors import Circumstances
from processing.verdicts.verdict import VerdictPolicy, verdict

Rises = Mapping[Name, Sequence[Spike]]
"""Of a spike that ended and came back: each of its rises as a spike by itself, oldest first, with its own pulses."""


def judge(
    reader: Reader,
    policy: VerdictPolicy,
    spikes: Iterable[Spike],
    rises: Rises,
    given: Circumstances,
    *,
    known: Collection[Spike] = (),
) -> tuple[Spike, ...]:
    """The spikes with their verdicts, and the comebacks that are spikes of their own.

    Each rise is judged by itself. A comeback prolongs its spike where the first rise and the comeback are people's. A
    comeback in doubt does not prolong the spike of people, and a comeback of people does not prolong a first rise in
    doubt: then the comeback is a spike of its own.

    `known` are the spikes as they were judged before: one that has not changed since keeps its verdict, and a comeback
    that was a spike of its own remains one.
    """
    spikes, parts = tuple(spikes), [each for of_one in rises.values() for each in of_one]
    alone = [spike for spike in spikes if name_of(spike) not in rises]
    both = _judged(reader, policy, [*parts, *alone], given, known)
    judged, of_alone = both[: len(parts)], dict(zip(map(name_of, alone), both[len(parts) :], strict=True))
    in_doubt = {name_of(each) for each in judged if each.verdict is not VerdictName.ORGANIC}
    comebacks = {name: {name_of(each) for each in of_one[1:]} for name, of_one in rises.items()}
    shortened = {
        name: _without(comebacks[name] if name in in_doubt else in_doubt, spike, rises[name])
        for spike in spikes
        if (name := name_of(spike)) in rises
    }
    together = dict(zip(shortened, _judged(reader, policy, shortened.values(), given, known), strict=True))
    found = [together.get(name) or of_alone[name] for name in map(name_of, spikes)]
    apart = in_doubt | {name_of(each) for each in known}
    for spike in found:
        if spike.verdict is not VerdictName.ORGANIC:
            apart |= comebacks.get(name_of(spike), set())
    apart -= rises.keys()
    return (*(each for each in judged if name_of(each) in apart), *found)


def _judged(
    reader: Reader, policy: VerdictPolicy, spikes: Iterable[Spike], given: Circumstances, known: Iterable[Spike]
) -> tuple[Spike, ...]:
    before = {_unjudged(spike): spike for spike in known}
    kept = [before.get(_unjudged(spike), spike) for spike in spikes]
    new = [spike for spike in kept if not spike.evidence]
    said = (verdict(policy, facts) for facts in evidence.facts(reader, new, given))
    found = {
        spike: msgspec.structs.replace(spike, verdict=each.name, evidence=each.evidence)
        for spike, each in zip(new, said, strict=True)
    }
    return tuple(found.get(spike, spike) for spike in kept)


def _unjudged(spike: Spike) -> Spike:
    return msgspec.structs.replace(spike, verdict=VerdictName.ORGANIC, evidence=())


def _without(comebacks: Collection[Name], spike: Spike, rises: Sequence[Spike]) -> Spike:
    """The spike as it would be, had it not come back in these."""
    kept = [rise for rise in rises if name_of(rise) not in comebacks]
    if len(kept) == len(rises):
        return spike
    highest = max(kept, key=lambda rise: highest_pulse(rise).excess)
    rarest = max(kept, key=lambda rise: rise.score)
    return msgspec.structs.replace(
        spike,
        peak=highest.peak,
        end=kept[-1].end,
        observed=sum(rise.observed for rise in kept),
        expected=sum(rise.expected for rise in kept),
        ratio=highest.ratio,
        score=rarest.score,
        severity=severity(rarest.score, highest.ratio),
        pulses=tuple(pulse for rise in kept for pulse in rise.pulses),
        window=rarest.window,
        window_observed=rarest.window_observed,
        window_expected=rarest.window_expected,
    )


def can_be_told_at(
    reader: Reader, found: Sequence[tuple[Spike, datetime]], width: timedelta, given: Circumstances
) -> list[datetime]:
    """When each spike can be told that was found at the end of some minute of a bin.

    It waits, up to the close of the bin, for the first minute by which enough of everything else has come to say
    whether that rose too. It does not wait where even the whole bin is too short for that.
    """
    told = [at for _, at in found]
    early = [number for number, is_known in enumerate(_rest_is_known(reader, found, given)) if not is_known]
    close = {number: close_of_bin(told[number], width) for number in early}
    at_close = _rest_is_known(reader, [(found[number][0], close[number]) for number in early], given)
    waiting = [number for number, is_known in zip(early, at_close, strict=True) if is_known]
    minutes = [(number, end) for number in waiting for end in bins(told[number] + MINUTE, close[number], MINUTE)]
    by_minute = _rest_is_known(reader, [(found[number][0], end) for number, end in minutes], given)
    enough = [(number, close[number]) for number in waiting]
    enough += [each for each, is_known in zip(minutes, by_minute, strict=True) if is_known]
    for number, end in sorted(enough, reverse=True):
        told[number] = end
    return told


def _rest_is_known(reader: Reader, found: Sequence[tuple[Spike, datetime]], given: Circumstances) -> Sequence[bool]:
    """Of each spike, whether enough is known of everything else up to a moment."""
    return evidence.rest_is_known(reader, [msgspec.structs.replace(spike, end=end) for spike, end in found], given)
