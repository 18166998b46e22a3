"""The rules that apply in one language, and the search for the rules that a text matches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from processing.tagging.topics.compiler import Compiler
from processing.tagging.topics.context import ANYTHING, MatchContext, Place
from processing.tagging.topics.explain import RuleExplanation
from processing.tagging.topics.file import Definition, Written
from processing.tagging.topics.matcher import Matcher
from processing.tagging.topics.prefilter import prefilter
from processing.tagging.topics.rule_tree import BoolOp, OneOf, Rule, Term, resolve


class RuleSet:
    """The rules for the languages of a chain, with the terms of the sets in these languages."""

    def __init__(self, definition: Definition, chain: tuple[str, ...]) -> None:
        self._names = _Names(definition, chain)
        resolved = _resolved(definition, chain, self._names)
        needed = prefilter([rule for _, rule in resolved])
        compiler = Compiler(common=needed or frozenset())
        self._rules = [(written, compiler.check(rule)) for written, rule in resolved]
        by_topic: dict[str, list[Rule]] = defaultdict(list)
        for written, rule in resolved:
            by_topic[written.topic].append(rule)
        self._topics = [(topic, compiler.check(BoolOp("OR", tuple(rules)))) for topic, rules in by_topic.items()]
        terms = compiler.terms()
        self._masks = tuple(terms.values())
        self._matcher = Matcher(terms)
        self._gate = None if needed is None else Matcher(needed)

    def topics(self, text: str, language: str, source: str) -> list[str]:
        """Return the topics with a rule that matches a text from `processing.tagging.text.matchable`."""
        if self._gate is not None and not self._gate.any_in(text):
            return []  # most posts end here, at low cost, because no rule can match them
        reading = self._read(text, language, source)
        found = reading.found
        return [topic for topic, check in self._topics if found & check.needs[0] and check.holds(reading)]

    def fulfilled(self, text: str, language: str, source: str) -> Iterator[tuple[Written, list[Place], str]]:
        """Yield every rule that matches such a text, its matching places, and the matching part of the rule."""
        reading = self._read(text, language, source)
        for written, check in self._rules:
            if check.holds(reading):
                branch = RuleExplanation(written.rule, self._names, text, language, source).branch()
                yield written, check.places(reading), branch

    def _read(self, text: str, language: str, source: str) -> MatchContext:
        hits = self._matcher.hits(text)
        found = ANYTHING
        for number in hits:
            found |= self._masks[number]
        return MatchContext(text, hits, found, language, source)


def needed_terms(definition: Definition, chain: tuple[str, ...]) -> frozenset[Term] | None:
    """Return terms of which a text must contain one for any rule of a chain to match; None if a rule matches any text.

    The terms of all languages together also serve each language alone: a set only grows with the languages of a chain.
    """
    return prefilter([rule for _, rule in _resolved(definition, chain, _Names(definition, chain))])


def _resolved(definition: Definition, chain: tuple[str, ...], names: _Names) -> list[tuple[Written, Rule]]:
    return [(one, resolve(one.rule, names)) for one in definition.rules if one.language in chain]


class _Names:
    """The meaning of the names of sets and topics, in the languages of a chain."""

    def __init__(self, definition: Definition, chain: tuple[str, ...]) -> None:
        self._terms = {
            name: tuple(dict.fromkeys(term for language in chain for term in by_language.get(language, ())))
            for name, by_language in definition.sets.items()
        }
        self._one_of = {name: OneOf(frozenset(terms)) for name, terms in self._terms.items()}
        self._rules: dict[str, tuple[Rule, ...]] = {}
        for one in definition.rules:
            if one.language in chain:
                self._rules[one.topic] = (*self._rules.get(one.topic, ()), one.rule)

    def terms(self, name: str) -> tuple[Term, ...]:
        return self._terms[name]

    def one_of(self, name: str) -> OneOf:
        return self._one_of[name]

    def rules(self, name: str) -> tuple[Rule, ...]:
        return self._rules.get(name, ())
