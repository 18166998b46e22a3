"""Which terms drive a surge: what people say in it and did not say before.

Weighted log-odds with an informative Dirichlet prior: Monroe, Colaresi and Quinn, "Fightin' Words", Political
Analysis 16 (2008), equations 15 to 22. A term counts once an author, so that nobody can make one alone. The same
posts give the same terms.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from functools import partial
from typing import NamedTuple, TypeVar

import msgspec

from processing.explanation.tokens import Words, folded_terms, terms_of

Terms = TypeVar("Terms")

_HALF = 0.5
"""Where hardly any other word was used, as if one was used half a time: the odds of the only word are not endless."""


class TermPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """`prior`: pseudo-authors of a term for each of its authors. `joined`: of its posts, that a longer one shares.

    A larger prior trusts a term more that was never used before. At 0.05, posts of one hour split at random have no
    driving terms, as at 0.01, which finds half as many in a language with a few dozen posts.
    """

    prior: float = 0.05
    least_z: float = 3.0
    least_authors: int = 5
    joined: float = 0.8
    most: int = 12


class AuthoredText(NamedTuple):
    """What one author wrote, in one language."""

    author: str
    text: str


class Driver(msgspec.Struct, frozen=True):
    """A driving term: `authors` used it in the surge and `before` of them in the time it is compared with.

    `z` is the log-odds ratio over its standard error: 3 is about one chance in a thousand for one term.
    """

    term: str
    authors: int
    before: int
    z: float


class Uses(NamedTuple):
    """By how many authors each term was used. `total` is their sum: uses of all terms, each once an author."""

    authors: Mapping[Words, int]
    total: int


Said = Mapping[str, Sequence[Terms]]
"""By author, the terms of each of their posts."""


def by_author(said: Iterable[AuthoredText], terms: Callable[[str], Terms]) -> Said[Terms]:
    """The terms of these posts, as `terms` finds them in a text."""
    posts: defaultdict[str, list[Terms]] = defaultdict(list)
    for author, text in said:
        posts[author].append(terms(text))
    return posts


def uses(said: Said[Iterable[Words]]) -> Uses:
    """How often each term was used."""
    authors = Counter(term for posts in said.values() for term in set().union(*posts))
    return Uses(authors, authors.total())


def users(said: Said[Mapping[Words, str]], terms: Collection[Words]) -> Mapping[Words, Set[str]]:
    """Who used each of some terms."""
    found: defaultdict[Words, set[str]] = defaultdict(set)
    for author, posts in said.items():
        for term in (term for each in posts for term in each.keys() & terms):
            found[term].add(author)
    return found


def as_written(said: Said[Mapping[Words, str]], term: Words) -> str:
    """How a term was mostly written."""
    forms = Counter(each[term] for posts in said.values() for each in posts if term in each)
    return min(forms, key=lambda form: (-forms[form], form))


def drivers(
    policy: TermPolicy, now: Iterable[AuthoredText], before: Iterable[AuthoredText], language: str
) -> tuple[Driver, ...]:
    """The terms that set the posts of a surge apart from those before, the strongest first."""
    said = by_author(now, partial(terms_of, language=language))
    surge, usual = uses(said), uses(by_author(before, partial(folded_terms, language=language)))
    enough = {words: z for words, z in log_odds(policy, surge, usual).items() if z >= policy.least_z}
    kept = _joined(policy, users(said, enough.keys()), enough)
    ranked = sorted(kept, key=lambda words: (-enough[words], words))[: policy.most]
    return tuple(
        Driver(as_written(said, words), surge.authors[words], usual.authors.get(words, 0), round(enough[words], 2))
        for words in ranked
    )


def log_odds(policy: TermPolicy, surge: Uses, usual: Uses) -> dict[Words, float]:
    """z of each term of the surge that enough authors used.

    With a and b uses of a term, A and B of all terms, p = prior x (a + b) and P the sum of all p:
    d = ln((a + p) / (A + P - a - p)) - ln((b + p) / (B + P - b - p)), z = d / sqrt(1 / (a + p) + 1 / (b + p)).
    """
    all_prior = policy.prior * (surge.total + usual.total)
    found: dict[Words, float] = {}
    for words, a in surge.authors.items():
        if a < policy.least_authors:
            continue
        b = usual.authors.get(words, 0)
        prior = policy.prior * (a + b)
        odds = (a + prior) / max(surge.total + all_prior - a - prior, _HALF)
        odds_before = (b + prior) / max(usual.total + all_prior - b - prior, _HALF)
        found[words] = math.log(odds / odds_before) / math.sqrt(1 / (a + prior) + 1 / (b + prior))
    return found


def _joined(policy: TermPolicy, used_by: Mapping[Words, Set[str]], scores: Mapping[Words, float]) -> set[Words]:
    """Words that mostly come together are one term; a longer term that does not stand for its words is none."""
    kept: set[Words] = set()
    absorbed: set[Words] = set()
    for words in sorted(scores, key=lambda words: (-len(words), words)):
        own = used_by[words]
        parts = [part for part in _parts(words) if part in scores]
        stands_for = [part for part in parts if len(own) >= policy.joined * len(used_by[part])]
        if words not in absorbed and (len(words) == 1 or stands_for):
            kept.add(words)
            absorbed.update(stands_for)
    return kept


def _parts(words: Words) -> Iterable[Words]:
    return (
        words[first:last]
        for first in range(len(words))
        for last in range(first + 1, len(words) + 1)
        if last - first < len(words)
    )
