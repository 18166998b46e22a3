"""The prefilter finds terms of which a text must contain one before any rule can match. Most posts contain none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from statistics import fmean

from processing.tagging.text import words
from processing.tagging.topics.matcher import automaton, writings
from processing.tagging.topics.rule_tree import BoolOp, Not, OneOf, Proximity, Rule, Term

_TELLING = 6
"""The length in bytes from which a term is informative. Shorter terms occur in any text, even inside words."""

_Choice = Callable[[Sequence[frozenset[Term]]], frozenset[Term]]


class Prefilter:
    """A test for texts from `processing.tagging.text.matchable` that may contain any of some terms."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._automaton = automaton((written, True) for term in terms for written in writings(term))

    def passes(self, text: str) -> bool:
        """Return whether a text contains any term, even inside a word."""
        return bool(self._automaton) and next(self._automaton.iter(text), None) is not None


def prefilter(rules: Sequence[Rule]) -> frozenset[Term] | None:
    """Return terms of which a text must contain one for any rule to match; None if a rule can match any text.

    If there is a choice, it prefers long terms that many rules share, so that few terms cover all rules.
    """
    shared = Counter(term for rule in rules for term in _terms(rule))

    @cache
    def worth(terms: frozenset[Term]) -> tuple[int, float, int]:
        shortest = min(map(_size, terms), default=_TELLING)
        return min(shortest, _TELLING), fmean([shared[term] for term in terms] or [0]), -len(terms)

    return _together([_needed(rule, lambda choices: max(choices, key=worth)) for rule in rules])


@lru_cache(maxsize=1 << 14)
def _size(term: Term) -> int:
    return len(words(term.words).encode())


def _terms(rule: Rule) -> set[Term]:
    found: set[Term] = set()
    ahead = [rule]
    while ahead:
        match ahead.pop():
            case Term() as term:
                found.add(term)
            case OneOf(terms):
                found |= terms
            case Not(inner):
                ahead.append(inner)
            case BoolOp(_, rules):
                ahead += rules
            case Proximity(_, _, left, right):
                ahead += (left, right)
            case _:
                pass
    return found


def _needed(rule: Rule, choose: _Choice) -> frozenset[Term] | None:
    match rule:
        case Term():
            return frozenset([rule])
        case OneOf(terms):
            return terms
        case BoolOp("AND", rules):
            options = [_needed(inner, choose) for inner in rules]
        case BoolOp(_, rules):
            options = [_together([_needed(inner, choose) for inner in rules])]
        case Proximity(operator, _, left, right):
            options = [_needed(left, choose), None if operator == "UNLESS" else _needed(right, choose)]
        case _:
            return None
    known = [terms for terms in options if terms is not None]
    return choose(known) if known else None


def _together(options: Sequence[frozenset[Term] | None]) -> frozenset[Term] | None:
    known = [terms for terms in options if terms is not None]
    return frozenset().union(*known) if len(known) == len(options) else None
