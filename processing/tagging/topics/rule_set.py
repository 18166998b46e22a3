"""The rules that apply in one language, and the search for the rules that a text matches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property
from operator import itemgetter

from processing.tagging.topics.compiler import Compiler
from processing.tagging.topics.context import MatchContext
from processing.tagging.topics.explain import RuleExplanation
from processing.tagging.topics.file import Definition, Topic, Written
from processing.tagging.topics.matcher import Matcher, Place
from processing.tagging.topics.opinion import Opinion, SecondOpinion
from processing.tagging.topics.prefilter import Prefilter, prefilter
from processing.tagging.topics.rule_tree import BoolOp, OneOf, Proximity, Rule, Term, TopicOf, resolve


class RuleSet:
    """The rules for the languages of a chain, with the terms of the sets in these languages."""

    def __init__(self, definition: Definition, chain: tuple[str, ...]) -> None:
        self._definition, self._chain = definition, chain
        names = _Names(definition, chain)
        resolved = _resolved(definition, chain, names)
        needed = prefilter([rule for _, rule in resolved])
        compiler = Compiler(common=needed or frozenset())
        self._rules = [(written, compiler.check(rule)) for written, rule in resolved]
        by_topic: dict[str, list[Rule]] = defaultdict(list)
        for written, rule in resolved:
            by_topic[written.topic].append(rule)
        self._topics = [(topic, compiler.check(BoolOp("OR", tuple(rules)))) for topic, rules in by_topic.items()]
        self._opinions = [
            _opinion(topic, opinion, definition, names, compiler) for topic, opinion in definition.opinions.items()
        ]
        self._matcher = Matcher(compiler.terms())
        self._prefilter = None if needed is None else Prefilter(needed)

    def topics(self, text: str, language: str, source: str) -> list[str]:
        """Return the topics of a text from `processing.tagging.text.matchable`.

        They are those with a rule that matches, and then those of the second opinions.
        """
        if self._prefilter is not None and not self._prefilter.passes(text):
            return []  # most posts end here, at low cost, because no rule can match them
        reading = self._read(text, language, source)
        found = reading.found
        topics = [topic for topic, check in self._topics if found & check.needs[0] and check.holds(reading)]
        return topics + [opinion.topic for opinion in self._opinions if opinion.holds(topics, reading)]

    def fulfilled(self, text: str, language: str, source: str) -> Iterator[tuple[Written, list[Place], str]]:
        """Yield every rule that matches such a text, its matching places, and the matching part of the rule."""
        reading = self._read(text, language, source)
        for written, check in self._rules:
            if check.holds(reading):
                branch = RuleExplanation(written.rule, self._names, text, language, source).branch()
                yield written, check.places(reading), branch

    def opined(self, text: str, language: str, source: str) -> Iterator[tuple[str, list[Place], str]]:
        """Yield every topic that a second opinion gives to such a text, the places that speak for it, and the reason.

        The reason is written as `@set +0.8`, the largest weight first, with the probability behind.
        """
        topics, reading = self.topics(text, language, source), self._read(text, language, source)
        for opinion in self._opinions:
            if opinion.topic in topics:
                heard = sorted(opinion.spoken_of(reading), key=itemgetter(2), reverse=True)
                places = [place for _, check, _ in heard for place in check.places(reading)]
                weights = ", ".join(f"@{name} {weight:+.1f}" for name, _, weight in heard)
                yield opinion.topic, places, f"{weights}: probability {opinion.probability(reading):.2f}"

    @cached_property
    def _names(self) -> _Names:
        """What names mean, for explanations. A worker never explains, and has the rules of twenty languages."""
        return _Names(self._definition, self._chain)

    def _read(self, text: str, language: str, source: str) -> MatchContext:
        return MatchContext(text, self._matcher.hits(text), language, source)


def _opinion(topic: str, opinion: Opinion, definition: Definition, names: _Names, compiler: Compiler) -> SecondOpinion:
    subject = resolve(TopicOf(opinion.among, 0), names)
    near = {name: Proximity("NEAR", opinion.within, names.one_of(name), subject) for name in opinion.weights}
    checks = {name: compiler.check(rule) for name, rule in near.items()}
    return SecondOpinion(topic, opinion, _settled(definition.topics, opinion.unless), checks)


def needed_terms(definition: Definition, chain: tuple[str, ...]) -> frozenset[Term] | None:
    """Return terms of which a text must contain one for any rule of a chain to match; None if a rule matches any text.

    The terms of all languages together also serve each language alone: a set only grows with the languages of a chain.
    """
    return prefilter([rule for _, rule in _resolved(definition, chain, _Names(definition, chain))])


def _resolved(definition: Definition, chain: tuple[str, ...], names: _Names) -> list[tuple[Written, Rule]]:
    return [(one, resolve(one.rule, names)) for one in definition.rules if one.language in chain]


def _settled(topics: Sequence[Topic], above: str) -> frozenset[str]:
    """Return a topic and the topics that imply it. A topic's parent may stand behind it in the file."""
    settled = {above}
    while more := {each.id for each in topics if each.implies and each.parent in settled} - settled:
        settled |= more
    return frozenset(settled)


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
        self._topics: dict[str, Rule] = {}

    def terms(self, name: str) -> tuple[Term, ...]:
        return self._terms[name]

    def one_of(self, name: str) -> OneOf:
        return self._one_of[name]

    def rules(self, name: str) -> tuple[Rule, ...]:
        return self._rules.get(name, ())

    def topic(self, name: str) -> Rule:
        if name not in self._topics:  # many rules name the same few topics
            self._topics[name] = BoolOp("OR", tuple(resolve(rule, self) for rule in self.rules(name)))
        return self._topics[name]
