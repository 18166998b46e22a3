"""What a post is about: the topics of a taxonomy file whose rules its text fulfils."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import msgspec

from processing.contract import UNDETERMINED
from processing.tagging.text import matchable
from processing.tagging.topics.file import ANY, Definition, TaxonomyError, read_definition
from processing.tagging.topics.rule_set import RuleSet

_READ = 20_000
"""Characters of a post that are matched: more is a pasted document, and an attack on the matcher's time."""


class Match(msgspec.Struct, frozen=True):
    """Why a post is of a topic: the rule, the language that it is written for (or `any`), the words it found.

    `branch` is the rule with only those of its alternatives that hold: see `processing.tagging.topics.explain`.
    """

    topic: str
    language: str
    rule: str
    words: tuple[str, ...]
    branch: str


class Taxonomy:
    """Topics, ready to be asked. `version` changes with the file; `topics` stand in the file's order."""

    def __init__(self, definition: Definition) -> None:
        self.version = definition.version
        self.topics = definition.topics
        self._definition = definition
        self._by_id = {topic.id: topic for topic in self.topics}
        self._with_implied = {topic.id: {topic.id, *self._implied(topic.id)} for topic in self.topics}
        self._by_chain: dict[tuple[str, ...], RuleSet] = {}
        self._by_language: dict[str, RuleSet] = {}

    def tag(self, text: str, language: str, source: str) -> tuple[str, ...]:
        """The ids of the topics that a post is about, sorted, with the parents that they imply."""
        rules = self._by_language.get(language) or self._prepare(language)
        text = text[:_READ]
        if not rules.may_find(text):
            return ()
        found = rules.topics(matchable(text), language, source)
        return tuple(sorted(set().union(*[self._with_implied[topic] for topic in found]))) if found else ()

    def explain(self, text: str, language: str, source: str) -> tuple[Match, ...]:
        """Every rule that a post fulfils, with the words (folded) that fulfil it."""
        shown = matchable(text[:_READ])
        rules = self._by_language.get(language) or self._prepare(language)
        return tuple(
            Match(
                written.topic,
                written.language,
                written.text.strip(),
                tuple(dict.fromkeys(shown[start:end] for start, end, _, _ in sorted(places))),
                branch,
            )
            for written, places, branch in rules.fulfilled(shown, language, source)
        )

    def root_of(self, topic_id: str) -> str:
        """The topic's topmost ancestor, or itself.

        Raises:
            KeyError: there is no such topic.
        """
        topic = self._by_id[topic_id]
        return topic.id if topic.parent is None else self.root_of(topic.parent)

    def _implied(self, topic_id: str) -> Iterator[str]:
        topic = self._by_id[topic_id]
        while topic.implies and topic.parent is not None:
            yield topic.parent
            topic = self._by_id[topic.parent]

    def _prepare(self, language: str) -> RuleSet:
        """Made when a language is met first: a detector knows some two hundred, most of them without own rules."""
        chain = self._chain(language)
        if chain not in self._by_chain:
            self._by_chain[chain] = RuleSet(self._definition, chain)
        rules = self._by_language[language] = self._by_chain[chain]
        return rules

    def _chain(self, language: str) -> tuple[str, ...]:
        """The languages whose terms count; in a text of unknown language, all do."""
        if language == UNDETERMINED:
            return self._written
        base = language.partition("-")[0]
        reads = self._definition.reads
        others = reads.get(language, reads.get(base, reads.get(ANY, ())))
        chain = dict.fromkeys((ANY, language, base, *others))
        return tuple(one for one in chain if one in self._written)

    @cached_property
    def _written(self) -> tuple[str, ...]:
        """`any`, and the languages in which something is written."""
        definition = self._definition
        named = {language for by_language in definition.sets.values() for language in by_language}
        return (ANY, *sorted(named.union(rule.language for rule in definition.rules) - {ANY}))


def parse_taxonomy(toml_text: str, name: str = "The taxonomy") -> Taxonomy:
    """Make a taxonomy of the text of a taxonomy file; `name` is what errors call it.

    Raises:
        TaxonomyError: one sentence that says what is wrong and where.
    """
    return Taxonomy(read_definition(toml_text, name))


def load_taxonomy(path: Path) -> Taxonomy:
    """Read a taxonomy file.

    Raises:
        TaxonomyError: it cannot be read, or what is in it cannot be used.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TaxonomyError(f"{path}: the taxonomy cannot be read: {error}.") from error
    return parse_taxonomy(text, str(path))
