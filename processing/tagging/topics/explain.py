"""This module explains why a rule matches a text: it reduces the rule to the alternatives that make it true.

An alternative is kept if the whole rule still matches when this alternative replaces all alternatives of its group. One
evaluation of the rule is needed for each alternative. The evaluations are slow, but one text at a time is explained.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce
from operator import or_

from processing.tagging.text import words
from processing.tagging.topics.compiler import Compiler
from processing.tagging.topics.context import MatchContext
from processing.tagging.topics.matcher import Matcher
from processing.tagging.topics.rule_tree import (
    BoolOp,
    Condition,
    Names,
    Not,
    OneOf,
    Pattern,
    Proximity,
    Rule,
    SetOf,
    Term,
    TopicOf,
    resolve,
)

_Holds = Callable[[Rule], bool]
"""Whether the whole rule matches when another rule replaces the part under examination."""
_OR, _AND, _NEAR, _ONE = range(4)
"""Binding strength of a written expression: a weaker one needs brackets inside a stronger one."""
_LONGEST_LACK = 60
"""Maximum length, in characters, of the written rule that a text must not match. A longer one is shown as `(...)`."""

_Shown = tuple[str, int]


class RuleExplanation:
    """One rule and one text that the rule matches."""

    def __init__(self, rule: Rule, names: Names, text: str, language: str, source: str) -> None:
        self._rule, self._names = rule, names
        self._text, self._language, self._source = text, language, source
        self._compiler = Compiler(common=frozenset())
        self._compiler.check(resolve(rule, names))
        numbered = {term: 1 << number for number, term in enumerate(self._compiler.terms())}
        hits = Matcher(numbered).hits(text)
        self._hits = [([term for term, bit in numbered.items() if mask & bit], span) for mask, span in hits]
        self._found = {term for terms, _ in self._hits for term in terms}

    def branch(self) -> str:
        """Return the matching part of the rule as a rule.

        The matching terms of a set follow its name in square brackets.
        """
        return self._shown(self._rule, self._holds)[0]

    def _holds(self, rule: Rule) -> bool:
        check = self._compiler.check(resolve(rule, self._names))
        masks = self._compiler.terms()
        hits = [(reduce(or_, (masks[term] for term in terms)), span) for terms, span in self._hits]
        return check.holds(MatchContext(self._text, hits, self._language, self._source))

    def _shown(self, rule: Rule, holds: _Holds) -> _Shown:
        match rule:
            case SetOf(name, _):
                found = [term for term in self._names.terms(name) if term in self._found and holds(term)]
                spelt = {words(term.words): _word(term) for term in reversed(found)}
                shown = f"@{name}[{', '.join(sorted(spelt.values()))}]", _ONE
            case TopicOf(name, _):
                shown = f"topic:{name}[{self._any(self._names.rules(name), holds)[0]}]", _ONE
            case BoolOp("OR", rules):
                shown = self._any(rules, holds)
            case BoolOp(_, rules):
                each = (self._part(rule, number, holds) for number in range(len(rules)))
                shown = " AND ".join(_bracketed(part, _AND) for part in each), _AND
            case Proximity():
                shown = self._apart(rule, holds)
            case _:
                shown = _whole(rule)
        return shown

    def _any(self, rules: Sequence[Rule], holds: _Holds) -> _Shown:
        kept = [self._shown(rule, holds) for rule in rules if holds(rule)] or list(map(_whole, rules))
        return kept[0] if len(kept) == 1 else (" OR ".join(text for text, _ in kept), _OR)

    def _part(self, rule: BoolOp, number: int, holds: _Holds) -> _Shown:
        before, behind = rule.rules[:number], rule.rules[number + 1 :]
        return self._shown(rule.rules[number], lambda other: holds(replace(rule, rules=(*before, other, *behind))))

    def _apart(self, rule: Proximity, holds: _Holds) -> _Shown:
        left = self._shown(rule.left, lambda other: holds(replace(rule, left=other)))
        if rule.operator == "UNLESS":
            right = _lacking(rule.right)
        else:
            right = self._shown(rule.right, lambda other: holds(replace(rule, right=other)))
        return f"{_bracketed(left, _NEAR)} {rule.operator}/{rule.distance} {_bracketed(right, _ONE)}", _NEAR


def _bracketed(shown: _Shown, least: int) -> str:
    text, strength = shown
    return text if strength >= least else f"({text})"


def _lacking(rule: Rule) -> _Shown:
    shown = _whole(rule)
    return shown if len(shown[0]) <= _LONGEST_LACK else ("(...)", _ONE)


def _word(term: Term) -> str:
    return term.words + "*" * term.prefix


def _whole(rule: Rule) -> _Shown:
    """Return a rule in the notation of a taxonomy file, with its binding strength."""
    match rule:
        case Term(written, _):
            shown = (f'"{_word(rule)}"' if " " in written else _word(rule)), _ONE
        case OneOf(terms):
            shown = " OR ".join(sorted(_whole(term)[0] for term in terms)), _OR
        case SetOf(name, _):
            shown = f"@{name}", _ONE
        case TopicOf(name, _):
            shown = f"topic:{name}", _ONE
        case Pattern(written):
            shown = f"/{written}/", _ONE
        case Condition(field, value):
            shown = f"{field}:{value}", _ONE
        case Not(inner):
            shown = f"NOT {_bracketed(_lacking(inner), _ONE)}", _ONE
        case BoolOp(operator, rules):
            strength = _AND if operator == "AND" else _OR
            shown = f" {operator} ".join(_bracketed(_whole(inner), strength) for inner in rules), strength
        case Proximity(operator, distance, left, right):
            left_shown, right_shown = _bracketed(_whole(left), _NEAR), _bracketed(_whole(right), _ONE)
            shown = f"{left_shown} {operator}/{distance} {right_shown}", _NEAR
    return shown
