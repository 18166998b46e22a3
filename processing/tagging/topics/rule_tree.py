"""What a rule of the boolean language is once it is read, and what the names in it stand for.

`parser.py` reads rules, `predicates.py` decides whether one holds of a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Term(NamedTuple):
    """Words as written; `prefix` when only their beginning has to match."""

    words: str
    prefix: bool


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any of some terms: what a set becomes when it is resolved."""

    terms: frozenset[Term]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression as written, without its slashes: see `processing.tagging.topics.regex`."""

    written: str


@dataclass(frozen=True, slots=True)
class SetOf:
    """A named list of terms."""

    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class TopicOf:
    """The rules of another topic, without those of its children."""

    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class Condition:
    """`lang:xx` or `source:name`."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    """True where its rule is not."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class BoolOp:
    """Two or more rules under AND or OR."""

    operator: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Proximity:
    """Two rules under NEAR, BEFORE or UNLESS, with the largest distance in words."""

    operator: str
    distance: int
    left: Rule
    right: Rule


Rule = Term | OneOf | Pattern | SetOf | TopicOf | Condition | Not | BoolOp | Proximity


def parts(rule: Rule) -> Iterator[Rule]:
    """A rule and everything in it."""
    yield rule
    match rule:
        case OneOf(terms):
            yield from terms
        case Not(inner):
            yield from parts(inner)
        case BoolOp(_, rules):
            for inner in rules:
                yield from parts(inner)
        case Proximity(_, _, left, right):
            yield from parts(left)
            yield from parts(right)
        case _:
            return


class Names(Protocol):
    """What the names in a rule stand for, in one language."""

    def terms(self, name: str) -> tuple[Term, ...]:
        """The terms of a set."""
        ...

    def rules(self, name: str) -> tuple[Rule, ...]:
        """The rules of a topic, as they were read."""
        ...


def resolve(rule: Rule, names: Names) -> Rule:
    """The rule with every name replaced by what it stands for; a set without terms is never found."""
    resolved = rule
    match rule:
        case SetOf(name, _):
            resolved = OneOf(frozenset(names.terms(name)))
        case TopicOf(name, _):
            resolved = BoolOp("OR", tuple(resolve(inner, names) for inner in names.rules(name)))
        case Not(inner):
            resolved = Not(resolve(inner, names))
        case BoolOp("OR", rules):
            resolved = _one_of(tuple(resolve(inner, names) for inner in rules))
        case BoolOp(operator, rules):
            resolved = BoolOp(operator, tuple(resolve(inner, names) for inner in rules))
        case Proximity(operator, distance, left, right):
            resolved = Proximity(operator, distance, resolve(left, names), resolve(right, names))
        case _:
            pass
    return resolved


def _one_of(rules: tuple[Rule, ...]) -> Rule:
    """Rules under OR; where all are terms, a set of them, which is found at once."""
    terms: set[Term] = set()
    for rule in rules:
        match rule:
            case Term():
                terms.add(rule)
            case OneOf(more):
                terms |= more
            case _:
                return BoolOp("OR", rules)
    return OneOf(frozenset(terms))
