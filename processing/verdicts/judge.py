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
    judged = _judged(reader, policy, [each for of_one in rises.values() for each in of_one], given, known)
    in_doubt = {name_of(each) for each in judged if each.verdict is not VerdictName.ORGANIC}
    comebacks = {name: {name_of(each) for each in of_one[1:]} for name, of_one in rises.items()}
    shortened = [
        _without(comebacks[name] if name in in_doubt else in_doubt, spike, rises[name]) if name in rises else spike
        for spike in spikes
        for name in [name_of(spike)]
    ]
    found = _judged(reader, policy, shortened, given, known)
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
    score = max(rise.score for rise in kept)
    return msgspec.structs.replace(
        spike,
        peak=highest.peak,
        end=kept[-1].end,
        observed=sum(rise.observed for rise in kept),
        expected=sum(rise.expected for rise in kept),
        ratio=highest.ratio,
        score=score,
        severity=severity(score, highest.ratio),
        pulses=tuple(pulse for rise in kept for pulse in rise.pulses),
    )


def can_be_told_at(
    reader: Reader, found: Sequence[tuple[Spike, datetime]], width: timedelta, given: Circumstances
) -> list[datetime]:
    """When each spike can be told that was found at the end of some minute of a bin.

    It waits, up to the close of the bin, for the first minute by which enough of everything else has come to say
    whether that rose too. It does not wait where even the whole bin is too short for that.
    """
    close = [close_of_bin(at, width) for _, at in found]
    ends = [{at, closed} for (_, at), closed in zip(found, close, strict=True)]
    known = _ends_with_known_rest(reader, found, ends, given)
    waiting = [closed in of_it and at not in of_it for (_, at), closed, of_it in zip(found, close, known, strict=True)]
    minutes = [
        set(bins(at, closed, MINUTE)) - {at} if waits else set[datetime]()
        for (_, at), closed, waits in zip(found, close, waiting, strict=True)
    ]
    known = [
        one | other for one, other in zip(known, _ends_with_known_rest(reader, found, minutes, given), strict=True)
    ]
    return [min(of_it) if waits else at for (_, at), of_it, waits in zip(found, known, waiting, strict=True)]


def _ends_with_known_rest(
    reader: Reader,
    found: Sequence[tuple[Spike, datetime]],
    ends: Sequence[Collection[datetime]],
    given: Circumstances,
) -> list[set[datetime]]:
    """Of each spike, those of the ends up to which enough is known of everything else."""
    asked = [(number, end) for number, of_it in enumerate(ends) for end in of_it]
    ended = [msgspec.structs.replace(found[number][0], end=end) for number, end in asked]
    known: list[set[datetime]] = [set() for _ in found]
    for (number, end), is_known in zip(asked, evidence.rest_is_known(reader, ended, given), strict=True):
        if is_known:
            known[number].add(end)
    return known
