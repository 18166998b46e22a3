"""What each spike is and what drives each incident: the store is asked, `verdict` decides. For watch and backtest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain

import msgspec

from processing.contract import Spike, VerdictName
from processing.detection.bins import bins, close_of_bin
from processing.detection.previous.episode import Episode
from processing.detection.previous.series_set import Name, name_of
from processing.queries import Reader
from processing.queries.counts import MINUTE
from processing.verdicts import evidence
from processing.verdicts.evidence import Circumstances
from processing.verdicts.verdict import Verdict, VerdictPolicy, verdict


def judged(
    reader: Reader,
    policy: VerdictPolicy,
    spikes: Iterable[Spike],
    given: Circumstances,
    *,
    known: Iterable[Spike] = (),
) -> tuple[Spike, ...]:
    """The spikes, each with its verdict over its own series and its own time.

    One that is among `known` keeps the verdict that it has there: nothing has happened to it since.
    """
    before = {_unjudged(spike): spike for spike in known}
    kept = [before.get(_unjudged(spike), spike) for spike in spikes]
    new = [spike for spike in kept if not spike.evidence]
    found = dict(zip(new, _verdicts(reader, policy, new, given), strict=True))
    return tuple(_with(spike, found[spike]) if spike in found else spike for spike in kept)


def judged_by_rise(
    reader: Reader,
    policy: VerdictPolicy,
    spikes: Iterable[Spike],
    returned: Mapping[Name, Episode],
    given: Circumstances,
    *,
    known: Collection[Spike] = (),
) -> tuple[Spike, ...]:
    """The same of spikes some of which have come back: `returned` has their episodes.

    A comeback is judged by itself. One that is in doubt does not prolong its spike and stands beside it, so that a few
    who go on when people have stopped do not look like people. Beside a spike in doubt stand those of people too: who
    comes behind a few is not one of them.
    """
    by_itself = {name: [each.snapshot(*name[0]) for each in episode.comebacks] for name, episode in returned.items()}
    comebacks = judged(reader, policy, chain.from_iterable(by_itself.values()), given, known=known)
    doubted = {name_of(each) for each in comebacks if each.verdict is not VerdictName.ORGANIC}
    shortened = [_without(doubted, spike, returned.get(name_of(spike))) for spike in spikes]
    found = judged(reader, policy, shortened, given, known=known)
    beside = doubted | {name_of(each) for each in known}
    for spike in found:
        if spike.verdict is not VerdictName.ORGANIC:
            beside |= {name_of(each) for each in by_itself.get(name_of(spike), ())}
    return (*(each for each in comebacks if name_of(each) in beside), *found)


def _without(comebacks: Collection[Name], spike: Spike, episode: Episode | None) -> Spike:
    """What it would have been, had it not come back as these, under its own name."""
    key, start = name_of(spike)
    shorter = None if episode is None else episode.without({begin for of, begin in comebacks if of == key})
    if shorter is None or shorter is episode:
        return spike
    return msgspec.structs.replace(shorter.snapshot(*key), start=start, detected_at=spike.detected_at)


def in_time(
    reader: Reader, found: Sequence[tuple[Spike, datetime]], width: timedelta, given: Circumstances
) -> list[datetime]:
    """When each spike, found at some minute of its bin, can be told: once it is known whether all else rose too.

    That is so at the end of that minute, or of a later one of the bin, or else is not known at its close either.
    """
    ends = {number: [at, close_of_bin(at, width)] for number, (_, at) in enumerate(found)}
    known = _rest_is_known(reader, found, ends, given)
    held = [number for number, (at, close) in ends.items() if known[number, close] and not known[number, at]]
    minutes = {number: list(bins(ends[number][0], ends[number][1], MINUTE))[1:] for number in held}
    known |= _rest_is_known(reader, found, minutes, given)
    can_be_told = {
        number: next((minute for minute in each if known[number, minute]), ends[number][1])
        for number, each in minutes.items()
    }
    return [can_be_told.get(number, at) for number, (_, at) in enumerate(found)]


def _rest_is_known(
    reader: Reader,
    found: Sequence[tuple[Spike, datetime]],
    ends: Mapping[int, Sequence[datetime]],
    given: Circumstances,
) -> dict[tuple[int, datetime], bool]:
    """By number of the spike and by end of what of it is known."""
    asked = [(number, end) for number, each in ends.items() for end in each]
    ended = [msgspec.structs.replace(found[number][0], end=end) for number, end in asked]
    return dict(zip(asked, evidence.rest_is_known(reader, ended, given), strict=True))


def _verdicts(
    reader: Reader, policy: VerdictPolicy, spikes: Sequence[Spike], given: Circumstances
) -> Iterator[Verdict]:
    for facts in evidence.facts(reader, spikes, given):
        yield verdict(policy, facts)


def _with(spike: Spike, said: Verdict) -> Spike:
    return msgspec.structs.replace(spike, verdict=said.name, evidence=said.evidence)


def _unjudged(spike: Spike) -> Spike:
    return msgspec.structs.replace(spike, verdict=VerdictName.ORGANIC, evidence=())
