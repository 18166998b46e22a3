"""The parser of the boolean language of rules.

    rule  = all { OR all }
    all   = near { AND near }
    near  = one { (NEAR/n | BEFORE/n | UNLESS/n) one }
    one   = NOT one | ( rule ) | word | prefix* | "a phrase" | /regex/ | @set | topic:id | lang:xx | source:name

Operators are in capitals. `a NEAR/5 b` means at most five words apart, and `a BEFORE/5 b` means also in this order.
`a UNLESS/5 b` means an `a` without a `b` within five words. `topic:id` stands for the rules of that topic. In Chinese,
Japanese and Thai, two characters count as a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from processing.tagging.text import words
from processing.tagging.topics.regex import PatternError, compile_pattern
from processing.tagging.topics.rule_tree import BoolOp, Condition, Not, Pattern, Proximity, Rule, SetOf, Term, TopicOf


class RuleError(ValueError):
    """A rule is invalid.

    `offset` is the place of the fault in the rule's text; the message says what was expected there.
    """

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


_TOKEN = re.compile(
    r"""(?P<near>(?:NEAR|BEFORE|UNLESS)/\d+)|(?P<operator>(?:AND|OR|NOT)(?![\w*]))|(?P<bracket>[()])"""
    r"""|"(?P<phrase>[^"\n]*)"|/(?P<regex>(?:[^/\\\n]|\\.)+)/|@(?P<set>[\w-]+)"""
    r"""|(?P<field>(?:lang|source|topic):[\w.-]+)|(?P<word>[^\s()"@/:][^\s()"@:]*)"""
)
_DEEPEST = 40
_FARTHEST = 1_000


class _Token(NamedTuple):
    kind: str
    text: str
    offset: int


def parse_rule(text: str) -> Rule:
    """Return the rule in a text.

    Raises:
        RuleError: the rule is invalid.
    """
    return _Parser(text).whole()


def parse_term(text: str) -> Term:
    """Return a term of a set: words, with `*` at the end for a prefix.

    Raises:
        RuleError: the term has no word, or a `*` before its end.
    """
    stray = text.find("*", 0, len(text) - 1)
    term = Term(text.removesuffix("*").strip(), text.endswith("*"))
    if not words(term.words):
        raise RuleError(f"Expected a word, found {text[:40]!r}, which has no letter or digit.", 0)
    if stray >= 0:
        raise RuleError(f"Expected * only at the end, for the rest of a word, found {text[:40]!r}.", stray)
    return term


class _Parser:
    """A recursive descent over the tokens of one rule."""

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
        return rules[0] if len(rules) == 1 else BoolOp(operator, tuple(rules))

    def _near(self, depth: int) -> Rule:
        left = self._one(depth)
        links = 0
        while self._peek.kind == "near":
            links += 1
            if links > _DEEPEST:
                raise RuleError(f"Expected at most {_DEEPEST} of NEAR, BEFORE and UNLESS in a row.", self._peek.offset)
            operator, distance = self._take().text.split("/")
            left = Proximity(operator, min(int(distance[:4]), _FARTHEST), left, self._one(depth))
        return left

    def _one(self, depth: int) -> Rule:
        if depth > _DEEPEST:
            raise RuleError(f"Expected brackets and NOT no deeper than {_DEEPEST}.", self._peek.offset)
        token = self._peek
        if token.kind == "operator" and token.text == "NOT":
            self._take()
            return Not(self._one(depth + 1))
        if token.kind == "bracket" and token.text == "(":
            return self._bracketed(depth + 1)
        if token.kind in _ATOMS:
            return _ATOMS[self._take().kind](token)
        raise self._unexpected('a word, a "phrase", /regex/, @set, NOT or (')

    def _bracketed(self, depth: int) -> Rule:
        self._take()
        rule = self._any(depth)
        if (self._peek.kind, self._peek.text) != ("bracket", ")"):
            raise self._unexpected("AND, OR, NEAR/5 or )")
        self._take()
        return rule

    def _unexpected(self, expected: str) -> RuleError:
        found = self._peek.text
        capitals = " Operators are written in capitals." if found in {"and", "or", "not"} else ""
        return RuleError(f"Expected {expected}, found {found[:40]}.{capitals}", self._peek.offset)


def _term(token: _Token) -> Term:
    try:
        return parse_term(token.text)
    except RuleError as error:
        quoted = token.kind == "phrase"
        raise RuleError(str(error), token.offset + error.offset + (quoted and error.offset > 0)) from None


def _condition(token: _Token) -> Rule:
    field, value = token.text.split(":", 1)
    return TopicOf(value, token.offset) if field == "topic" else Condition(field, value)


def _pattern(token: _Token) -> Pattern:
    try:
        compile_pattern(token.text)
    except PatternError as error:
        raise RuleError(f"{error}.", token.offset) from None
    return Pattern(token.text)


_ATOMS: Mapping[str, Callable[[_Token], Rule]] = {
    "word": _term,
    "phrase": _term,
    "regex": _pattern,
    "set": lambda token: SetOf(token.text, token.offset),
    "field": _condition,
}
_OPENED = {
    '"': 'a closed "phrase"',
    "/": "a closed /regex/",
    "@": "the name of a set behind @",
    ":": "lang:, source: or topic: before a value, or a phrase in quotation marks",
}


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = _next_word(text, 0)
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise RuleError(f"Expected {_OPENED[text[at]]}, found {text[at : at + 20]!r}.", at)
        kind = str(found.lastgroup)
        tokens.append(_Token(kind, found[kind], at))
        at = _next_word(text, found.end())
    return tokens


def _next_word(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at
