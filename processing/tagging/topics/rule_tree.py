"""The tree of a parsed rule, and the resolution of the names in it.

`parser.py` parses rules, and `predicates.py` decides whether a rule matches a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Term(NamedTuple):
    """Words as written. `prefix` means that the text's word only has to begin with them."""

    words: str
    prefix: bool


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any of some terms. A resolved set becomes a OneOf."""

    terms: frozenset[Term]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression as written, without its slashes: see `processing.tagging.topics.regex`."""

    written: str


@dataclass(frozen=True, slots=True)
class SetOf:
    """A reference to a named list of terms."""

    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class TopicOf:
    """A reference to the rules of another topic, without the rules of its children."""

    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition `lang:xx` or `source:name`."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    """A rule under NOT: it matches if the inner rule does not."""

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
    """Yield a rule and every rule inside it."""
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
    """The meaning of the names in a rule, in one language."""

    def terms(self, name: str) -> tuple[Term, ...]:
        """Return the terms of a set, in the file's order."""
        ...

    def one_of(self, name: str) -> OneOf:
        """Return the terms of a set as one rule."""
        ...

    def rules(self, name: str) -> tuple[Rule, ...]:
        """Return the parsed rules of a topic."""
        ...

    def topic(self, name: str) -> Rule:
        """Return the resolved rules of a topic as one rule."""
        ...


def resolve(rule: Rule, names: Names) -> Rule:
    """Return the rule with every name replaced by its meaning. A set without terms never matches."""
    resolved = rule
    match rule:
        case SetOf(name, _):
            resolved = names.one_of(name)
        case TopicOf(name, _):
            resolved = names.topic(name)
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
    """Return rules under OR. If all are terms, the result is one set of terms, which is matched at once."""
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
