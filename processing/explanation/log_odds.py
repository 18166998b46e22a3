"""Which terms drive a surge: what people say in it and did not say before.

Weighted log-odds with an informative Dirichlet prior: Monroe, Colaresi and Quinn, "Fightin' Words", Political
Analysis 16 (2008), equations 15 to 22. A term counts once an author, so that nobody can make one alone. The same
posts give the same terms.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from processing.explanation.tokens import terms_of

Words = tuple[str, ...]

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


class Vocabulary(NamedTuple):
    """Who used each term, and how it was mostly written."""

    users: Mapping[Words, frozenset[str]]
    written: Mapping[Words, str]

    @property
    def total(self) -> int:
        """Uses of all terms, each once an author."""
        return sum(map(len, self.users.values()))


def vocabulary(said: Iterable[AuthoredText], language: str) -> Vocabulary:
    """The terms of these posts."""
    users: defaultdict[Words, set[str]] = defaultdict(set)
    written: defaultdict[Words, Counter[str]] = defaultdict(Counter)
    for author, text in said:
        for words, as_written in terms_of(text, language).items():
            users[words].add(author)
            written[words][as_written] += 1
    return Vocabulary(
        {words: frozenset(authors) for words, authors in users.items()},
        {words: min(forms, key=lambda form: (-forms[form], form)) for words, forms in written.items()},
    )


def drivers(
    policy: TermPolicy, now: Iterable[AuthoredText], before: Iterable[AuthoredText], language: str
) -> tuple[Driver, ...]:
    """The terms that set the posts of a surge apart from those before, the strongest first."""
    surge, usual = vocabulary(now, language), vocabulary(before, language)
    scores = log_odds(policy, surge, usual)
    enough = {
        words: z
        for words, z in scores.items()
        if z >= policy.least_z and len(surge.users[words]) >= policy.least_authors
    }
    kept = _joined(policy, surge, enough)
    ranked = sorted(kept, key=lambda words: (-enough[words], words))[: policy.most]
    return tuple(
        Driver(surge.written[words], len(surge.users[words]), len(usual.users.get(words, ())), round(enough[words], 2))
        for words in ranked
    )


def log_odds(policy: TermPolicy, surge: Vocabulary, usual: Vocabulary) -> dict[Words, float]:
    """z of each term of the surge.

    With a and b uses of a term, A and B of all terms, p = prior x (a + b) and P the sum of all p:
    d = ln((a + p) / (A + P - a - p)) - ln((b + p) / (B + P - b - p)), z = d / sqrt(1 / (a + p) + 1 / (b + p)).
    """
    all_surge, all_usual = surge.total, usual.total
    all_prior = policy.prior * (all_surge + all_usual)
    found: dict[Words, float] = {}
    for words, users in surge.users.items():
        a, b = len(users), len(usual.users.get(words, ()))
        prior = policy.prior * (a + b)
        odds = (a + prior) / max(all_surge + all_prior - a - prior, _HALF)
        odds_before = (b + prior) / max(all_usual + all_prior - b - prior, _HALF)
        found[words] = math.log(odds / odds_before) / math.sqrt(1 / (a + prior) + 1 / (b + prior))
    return found


def _joined(policy: TermPolicy, surge: Vocabulary, scores: Mapping[Words, float]) -> set[Words]:
    """Words that mostly come together are one term; a longer term that does not stand for its words is none."""
    kept: set[Words] = set()
    absorbed: set[Words] = set()
    for words in sorted(scores, key=lambda words: (-len(words), words)):
        users = surge.users[words]
        parts = [part for part in _parts(words) if part in scores]
        stands_for = [part for part in parts if len(users) >= policy.joined * len(surge.users[part])]
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
