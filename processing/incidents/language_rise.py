"""Which languages a surge has: one test over its own time, with a correction for many languages at once.

A language has risen where its posts are too many for what it had at the same hours of the days before, and for the
posts that are taken for it by mistake: some come with every surge. Posts are Poisson's around a rate that is known from
the days before only, so their number follows a negative binomial distribution (the gamma-Poisson model with Jeffreys'
prior). Holm's method (Scandinavian Journal of Statistics 6, 1979) bounds the chance of naming any language wrongly.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, lgamma, log, log1p
from typing import NamedTuple

MISTAKEN = 1 / 2000
"""Of the posts of a surge, those that are taken for one and the same language that they are not in: the worst case."""
WRONG = 0.01
"""The chance that any language is named which has not risen."""
FEWEST_POSTS, FEWEST_PEOPLE = 3, 3
LEAST_RATIO = 2.0
_PRIOR_POSTS = 0.5


class LanguageCounts(NamedTuple):
    """Posts of one language in a surge, and those of the same hours on the `exposure` days before that are known."""

    language: str
    posts: int
    people: int
    before: int
    exposure: float


def languages_that_rose(surge: int, languages: Sequence[LanguageCounts]) -> tuple[str, ...]:
    """The languages of a surge of so many posts, those with the clearest rise first."""
    chances = sorted((_chance(surge, each), each.language) for each in languages)
    rose = []
    for number, (chance, language) in enumerate(chances):
        if chance * (len(chances) - number) > WRONG:
            break
        rose.append(language)
    return tuple(rose)


def _chance(surge: int, counts: LanguageCounts) -> float:
    """How likely so many posts are without a rise; 1 for what is too small to name."""
    exposure = max(counts.exposure, 1.0)
    mistaken = MISTAKEN * surge
    expected = counts.before / exposure + mistaken
    large = counts.posts >= FEWEST_POSTS and counts.people >= FEWEST_PEOPLE
    if not large or counts.posts + 1.0 < LEAST_RATIO * (expected + 1.0):
        return 1.0
    seen = counts.before + _PRIOR_POSTS + mistaken * exposure
    return _tail(counts.posts, seen, 1.0 / (1.0 + exposure))


def _tail(posts: int, shape: float, share: float) -> float:
    """P(N >= posts) of a negative binomial number, the gamma-Poisson mixture of this shape and share."""
    likelihood = lgamma(posts + shape) - lgamma(shape) - lgamma(posts + 1) + posts * log(share) + shape * log1p(-share)
    total, term = 0.0, exp(likelihood)
    for number in range(posts, posts + 10_000):
        total += term
        if term <= 1e-12 * total:
            break
        term *= share * (number + shape) / (number + 1)
    return min(1.0, total)
