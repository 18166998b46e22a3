"""Is it the world, a few accounts, or our collector: what a rise is, with the figures that say so.

One rule stands behind all of it: take away the posts in doubt, and see whether a surge remains. A surge is what
exceeds `factor` times the expected posts and `excess` more, and holds at least `least` posts. So a large surge survives
a flood by one account in the middle of it, and a small one that is nothing but the flood does not.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from processing.contract import Evidence, VerdictName


class VerdictPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """When the posts that remain are a surge, and what is usual. Shares lie in 0..1."""

    factor: float = 2.0
    """A surge is more than so many times the expected posts."""
    excess: float = 5.0
    """And so many posts more."""
    least: int = 10
    """And at least so many posts: as many as the detector asks for."""
    least_in_a_day: int = 3
    """The same of a rise that only the window of a day shows."""
    half: float = 0.5
    """Doubt about less than this share of the posts never decides."""
    mistaken: float = 0.01
    """The share of a flood that may not be found to be copies: so many voices are no surge of people."""
    usual_late: float = 0.25
    """A source that brought this share of its posts late before the rise is late as usual."""
    usual_domain: float = 0.5
    """A server that wrote this share of the posts before the rise writes most of them as usual."""
    least_of_a_domain: int = 10
    """Of fewer posts, that all are from one server is chance."""
    least_rest: float = 1.5
    """Up to so many times its usual amount, everything else varies from day to day."""


class Concentration(msgspec.Struct, frozen=True, kw_only=True):
    """Who wrote the posts of a series in a range. Shares lie in 0..1 and are of all its posts, two excepted.

    `compared` of the posts, chosen by a hash where there are more, were read for `voices` and `copies`, which are
    shares of those: see `processing.verdicts.near_duplicates`. `domain` is the server that most posts come from, by
    what its authors are called (`name@domain`); `domain_before` is its share of all posts in the hours before.
    """

    posts: int
    authors: int
    texts: int
    top_author: float
    top_ten_authors: float
    reposts: float
    compared: int
    voices: float
    copies: float
    domain: str
    domain_share: float
    domain_before: float


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a rise. Shares are of its posts, in 0..1."""

    observed: int
    """Posts from the start of the spike to its end."""
    expected: float
    """The posts that its series would usually have had in that time."""
    in_a_day: bool = False
    """Whether only the detector's window of a day shows the rise."""
    concentration: Concentration
    backfilled: float = 0.0
    """The share of the posts that were fetched after the fact."""
    late: float = 0.0
    """The share that was seen more than an hour after it was written."""
    late_before: float | None = 0.0
    """The same share of all that the same sources brought before the rise; None where that was nothing."""
    clock_replaced: float = 0.0
    """The share that is not placed in time by its authors' clocks, of sources of which that is not usual."""
    newly_covered: float = 0.0
    """The share from sources that are collected only since about the start."""
    rest: float | None = None
    """How many times the usual amount of everything else the same sources brought; None where too little is known."""
    silent_collectors: int = 0
    """Collectors that covered part of the day before, and nothing since the start."""
    gone: float = 0.0
    """Of the posts that were counted, the share that is deleted by now or no longer of the series."""


class Verdict(msgspec.Struct, frozen=True):
    """A name, and the figures behind it: those that decide first, then those that inform."""

    name: VerdictName
    evidence: tuple[Evidence, ...]


def verdict(policy: VerdictPolicy, facts: Facts) -> Verdict:
    """What the facts say. Of several decisive doubts the first names it: backfill, collector, concentrated."""
    evidence = list(_doubts(policy, facts))
    found = next((name for name, each in evidence if each.decisive), VerdictName.ORGANIC)
    ordered = sorted((each for _, each in evidence), key=lambda each: not each.decisive)
    return Verdict(found, (*ordered, *_facts(facts)))


def _doubts(policy: VerdictPolicy, facts: Facts) -> Iterator[tuple[VerdictName, Evidence]]:
    spare = max(policy.half, _spare(policy, facts))
    who = facts.concentration
    yield VerdictName.BACKFILL, _share("backfilled", facts.backfilled, spare)
    if facts.late_before is not None and facts.late_before < policy.usual_late:
        yield VerdictName.COLLECTOR, _share("late", facts.late, spare)
    yield VerdictName.COLLECTOR, _share("clock_replaced", facts.clock_replaced, spare)
    yield VerdictName.COLLECTOR, _share("newly_covered", facts.newly_covered, spare)
    if facts.rest is not None:
        yield VerdictName.COLLECTOR, _rest(policy, facts, facts.rest)
    yield VerdictName.CONCENTRATED, _share("gone", facts.gone, spare)
    if who.compared:
        mistaken = max(policy.half, _spare(policy, facts) - policy.mistaken)
        yield VerdictName.CONCENTRATED, _share("repeated", 1.0 - who.voices, mistaken)
    if who.domain and who.domain_before < policy.usual_domain and who.posts >= policy.least_of_a_domain:
        yield VerdictName.CONCENTRATED, _share("one_domain", who.domain_share, spare)


def _spare(policy: VerdictPolicy, facts: Facts) -> float:
    """The share of the posts that can be taken away while a surge remains; negative where none is there at all."""
    least = policy.least_in_a_day if facts.in_a_day else policy.least
    surge = max(policy.factor * facts.expected + policy.excess, least)
    return 1.0 - surge / max(facts.observed, 1)


def _share(name: str, value: float, spare: float) -> Evidence:
    # All of the posts are always more than can be spared, also where that is nearly all.
    return Evidence(name, value, spare, value > spare)


def _rest(policy: VerdictPolicy, facts: Facts, rest: float) -> Evidence:
    """Had the topic only risen with all else, this many times its expectation would have been seen."""
    alone = (facts.observed - policy.excess) / max(policy.factor * facts.expected, 0.01)
    enough = max(policy.least_rest, alone)
    return Evidence("everything_rose", rest, enough, rest > enough)


def _facts(facts: Facts) -> Iterator[Evidence]:
    who = facts.concentration
    yield Evidence("posts", who.posts)
    yield Evidence("authors", who.authors)
    yield Evidence("texts", who.texts)
    yield Evidence("voices", who.voices)
    yield Evidence("copies", who.copies)
    yield Evidence("reposts", who.reposts)
    yield Evidence("top_author", who.top_author)
    yield Evidence("top_ten_authors", who.top_ten_authors)
    yield Evidence("compared", who.compared)
    if facts.silent_collectors:
        yield Evidence("silent_collectors", facts.silent_collectors)
