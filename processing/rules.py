"""The boolean language of topic rules: parsing, and deciding what a rule finds in a text.

    rule  = all { OR all }
    all   = near { AND near }
    near  = one { (NEAR/n | BEFORE/n | UNLESS/n) one }
    one   = NOT one | ( rule ) | word | prefix* | "a phrase" | @set | topic:id | lang:xx | source:name

Operators are capitals. `a NEAR/5 b`: at most five words apart. `a BEFORE/5 b`: in this order, too. `a UNLESS/5 b`:
an `a` with no `b` that near. `topic:id`: what the rules
written under that topic find. A word of Chinese, Japanese or Thai counts as two of its characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class RuleError(ValueError):
    """A rule that cannot be read: `offset` is where in its text, the message what was expected there."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


class Term(NamedTuple):
    """Words as written; `prefix` when only their beginning has to match."""

    words: str
    prefix: bool


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any of some terms: what a set becomes when it is resolved."""

    terms: frozenset[Term]


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
class Joined:
    """Two or more rules under AND or OR."""

    operator: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Apart:
    """Two rules under NEAR, BEFORE or UNLESS, with the largest distance in words."""

    operator: str
    distance: int
    left: Rule
    right: Rule


Rule = Term | OneOf | SetOf | TopicOf | Condition | Not | Joined | Apart

_TOKEN = re.compile(
    r"""\s*(?:(?P<near>(?:NEAR|BEFORE|UNLESS)/\d+)|(?P<operator>(?:AND|OR|NOT)(?![\w*]))|(?P<bracket>[()])"""
    r"""|"(?P<phrase>[^"\n]*)"|@(?P<set>[\w-]+)|(?P<field>lang|source|topic):(?P<value>[\w.-]+)|(?P<word>[^\s()"@]+))"""
)
_DEEPEST = 40
_MOST_PLACES = 64
"""More places of one thing are not looked at: a text that repeats a word ten thousand times says no more by it."""


class _Token(NamedTuple):
    kind: str
    text: str
    offset: int


def parse_rule(text: str) -> Rule:
    """Read a rule.

    Raises:
        RuleError: one sentence, with the offset of what was not expected.
    """
    return _Parser(text).whole()


def parse_term(text: str) -> Term:
    """A term as it stands in a set: words, with `*` at the end for a prefix."""
    return Term(text.removesuffix("*").strip(), text.endswith("*"))


class _Parser:
    """Recursive descent over the tokens of one rule."""

    def __init__(self, text: str) -> None:
        self._tokens = [*_tokens(text), _Token("end", "the end of the rule", len(text))]
        self._next = 0

    def whole(self) -> Rule:
        rule = self._any(0)
        if self._peek.kind != "end":
            raise self._unexpected("AND, OR, NEAR/5 or the end of the rule")
        return rule

    @property
    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._peek
        self._next += 1
        return token

    def _any(self, depth: int) -> Rule:
        return self._joined("OR", self._all, depth)

    def _all(self, depth: int) -> Rule:
        return self._joined("AND", self._near, depth)

    def _joined(self, operator: str, part: Callable[[int], Rule], depth: int) -> Rule:
        rules = [part(depth)]
        while self._peek.kind == "operator" and self._peek.text == operator:
            self._take()
            rules.append(part(depth))
        return rules[0] if len(rules) == 1 else Joined(operator, tuple(rules))

    def _near(self, depth: int) -> Rule:
        left = self._one(depth)
        while self._peek.kind == "near":
            operator, distance = self._take().text.split("/")
            left = Apart(operator, min(int(distance[:4]), 1_000), left, self._one(depth))
        return left

    def _one(self, depth: int) -> Rule:
        if depth > _DEEPEST:
            raise RuleError(f"Brackets and NOT go deeper than {_DEEPEST}.", self._peek.offset)
        token = self._peek
        if token.kind == "operator" and token.text == "NOT":
            self._take()
            return Not(self._one(depth + 1))
        if token.kind == "bracket" and token.text == "(":
            return self._bracketed(depth + 1)
        if token.kind in _ATOMS:
            return _ATOMS[self._take().kind](token)
        raise self._unexpected('a word, a "phrase", @set, NOT or (')

    def _bracketed(self, depth: int) -> Rule:
        self._take()
        rule = self._any(depth)
        if (self._peek.kind, self._peek.text) != ("bracket", ")"):
            raise self._unexpected(")")
        self._take()
        return rule

    def _unexpected(self, expected: str) -> RuleError:
        return RuleError(f"Expected {expected}, found {self._peek.text[:40]}.", self._peek.offset)


def _condition(token: _Token) -> Rule:
    field, value = token.text.split(":", 1)
    return TopicOf(value, token.offset) if field == "topic" else Condition(field, value)


_ATOMS: Mapping[str, Callable[[_Token], Rule]] = {
    "word": lambda token: parse_term(token.text),
    "phrase": lambda token: parse_term(token.text),
    "set": lambda token: SetOf(token.text, token.offset),
    "field": _condition,
}


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at)
        if found is None:
            offset = at + len(text[at:]) - len(text[at:].lstrip())
            raise RuleError(f'Expected a word or a closed "phrase", found {text[offset]!r}.', offset)
        kind = str(found.lastgroup).replace("value", "field")
        value = found["field"] + ":" + found["value"] if kind == "field" else found[kind]
        tokens.append(_Token(kind, value, found.start("field" if kind == "field" else kind)))
        at = found.end()
    return tokens


class Span(NamedTuple):
    """A place in a text, from `start` up to `end`."""

    start: int
    end: int


class Reading(NamedTuple):
    """A text as a rule sees it: where each term stands, what the post says of itself, a ruler for distances."""

    hits: Mapping[Term, Sequence[Span]]
    language: str
    source: str
    ruler: Sequence[float]
    """How many words lie before each character."""


def find(rule: Rule, text: Reading) -> list[Span] | None:
    """The places that make the rule true; `None` where it is not; none where it is true for want of something."""
    found: list[Span] | None = None
    match rule:
        case Term():
            found = list(text.hits.get(rule, ())) or None
        case OneOf(terms):
            found = [span for term, spans in text.hits.items() if term in terms for span in spans] or None
        case Condition(field, value):
            found = [] if value == (text.language if field == "lang" else text.source) else None
        case Not(inner):
            found = [] if find(inner, text) is None else None
        case Joined("AND", rules):
            found = _all_of(rules, text)
        case Joined(_, rules):
            found = _any_of(rules, text)
        case Apart():
            found = _apart(rule, text)
        case SetOf(name, offset) | TopicOf(name, offset):
            raise RuleError(f"{name} was not resolved.", offset)
    return found if found is None else found[:_MOST_PLACES]


def _any_of(rules: tuple[Rule, ...], text: Reading) -> list[Span] | None:
    found = [spans for spans in (find(inner, text) for inner in rules) if spans is not None]
    return [span for spans in found for span in spans] if found else None


def _all_of(rules: tuple[Rule, ...], text: Reading) -> list[Span] | None:
    spans: list[Span] = []
    for rule in rules:
        found = find(rule, text)
        if found is None:
            return None
        spans.extend(found)
    return spans


def _apart(rule: Apart, text: Reading) -> list[Span] | None:
    lefts = find(rule.left, text)
    if not lefts:
        return None
    rights = find(rule.right, text) or []
    ordered = rule.operator == "BEFORE"
    if rule.operator == "UNLESS":
        kept = [left for left in lefts if not any(_close(left, right, rule.distance, text.ruler) for right in rights)]
        return kept or None
    pairs = [
        Span(min(left.start, right.start), max(left.end, right.end))
        for left in lefts
        for right in rights
        if (not ordered or left.end <= right.start) and _close(left, right, rule.distance, text.ruler)
    ]
    return pairs or None


def _close(one: Span, other: Span, distance: int, ruler: Sequence[float]) -> bool:
    first, second = (one, other) if one.start <= other.start else (other, one)
    return ruler[second.start] - ruler[min(first.end, second.start)] <= distance


def needed(rule: Rule, shared: Mapping[Term, int]) -> frozenset[Term] | None:
    """Terms of which a text must hold one for the rule to be true; `None` where it can be true without any.

    Where there is a choice, it falls on terms that many rules share (`shared` counts the rules of a term): then few
    terms decide for all rules that a text is not worth a closer look.
    """
    options: list[frozenset[Term] | None] = []
    match rule:
        case Term():
            options = [frozenset([rule])]
        case OneOf(terms):
            options = [terms]
        case Joined("AND", rules):
            options = [needed(inner, shared) for inner in rules]
        case Joined(_, rules):
            options = [_together([needed(inner, shared) for inner in rules])]
        case Apart(operator, _, left, right):
            options = [needed(left, shared), None if operator == "UNLESS" else needed(right, shared)]
        case _:
            pass
    known = [terms for terms in options if terms is not None]
    return max(known, key=lambda terms: (min((shared[term] for term in terms), default=0), -len(terms)), default=None)


def _together(options: list[frozenset[Term] | None]) -> frozenset[Term] | None:
    known = [terms for terms in options if terms is not None]
    return frozenset().union(*known) if len(known) == len(options) else None


def parts(rule: Rule) -> Iterator[Rule]:
    """A rule and everything in it."""
    yield rule
    match rule:
        case OneOf(terms):
            yield from terms
        case Not(inner):
            yield from parts(inner)
        case Joined(_, rules):
            for inner in rules:
                yield from parts(inner)
        case Apart(_, _, left, right):
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
            resolved = Joined("OR", tuple(resolve(inner, names) for inner in names.rules(name)))
        case Not(inner):
            resolved = Not(resolve(inner, names))
        case Joined("OR", rules) if all(isinstance(inner, Term) for inner in rules):
            resolved = OneOf(frozenset(inner for inner in rules if isinstance(inner, Term)))
        case Joined(operator, rules):
            resolved = Joined(operator, tuple(resolve(inner, names) for inner in rules))
        case Apart(operator, distance, left, right):
            resolved = Apart(operator, distance, resolve(left, names), resolve(right, names))
        case _:
            pass
    return resolved
