"""The taxonomy gives a post its topics: the topics with a rule that matches the post's text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import msgspec

from processing.contract import UNDETERMINED, Corrects
from processing.tagging.text import matchable
from processing.tagging.topics.context import Place
from processing.tagging.topics.file import ANY, Definition, TaxonomyError, Topic, read_definition
from processing.tagging.topics.rule_set import RuleSet, needed_terms
from processing.tagging.topics.skim import Skim
from processing.toml_text import NotToml, TomlText

_READ = 20_000
"""The most characters of a post that are matched. A longer text is a pasted document, or an attack on the matcher."""


class Match(msgspec.Struct, frozen=True):
    """The reason why a post has a topic: the rule, the rule's language (or `any`), and the words that it matched.

    `branch` is the matching part of the rule: see `processing.tagging.topics.explain`. A second opinion has no rule;
    its `branch` holds the weights of the sets that speak for the topic.
    """

    topic: str
    language: str
    rule: str
    words: tuple[str, ...]
    branch: str


class Taxonomy:
    """Topics, ready to tag posts. `version` changes with the file; `topics` have the file's order."""

    def __init__(self, definition: Definition) -> None:
        self.version = definition.version
        self.topics = definition.topics
        self._definition = definition
        self._by_id = {topic.id: topic for topic in self.topics}
        self._with_implied = {topic.id: {topic.id, *self._implied(topic.id)} for topic in self.topics}
        self._by_chain: dict[tuple[str, ...], RuleSet] = {}
        self._by_language: dict[str, RuleSet] = {}

    def tag(self, text: str, language: str, source: str) -> tuple[str, ...]:
        """Return the sorted ids of a post's topics, with the parents that they imply."""
        rules = self._by_language.get(language) or self._prepare(language)
        found = rules.topics(matchable(text[:_READ]), language, source)
        return tuple(sorted(set().union(*[self._with_implied[topic] for topic in found]))) if found else ()

    def tag_many(self, texts: Sequence[str], languages: Sequence[str], sources: Sequence[str]) -> list[tuple[str, ...]]:
        """Return the result of `tag` for each text. Here most texts off the subject cost a microsecond."""
        topics: list[tuple[str, ...]] = [()] * len(texts)
        for number in self._maybes([text[:_READ] for text in texts]):
            topics[number] = self.tag(texts[number], languages[number], sources[number])
        return topics

    def _maybes(self, texts: Sequence[str]) -> Iterable[int]:
        return range(len(texts)) if self._skim is None else self._skim.maybes(texts)

    @cached_property
    def _skim(self) -> Skim | None:
        needed = needed_terms(self._definition, self._written)
        return None if needed is None else Skim(needed)

    def explain(self, text: str, language: str, source: str) -> tuple[Match, ...]:
        """Return every rule that a post matches, with the (folded) words that match, and then the second opinions."""
        shown = matchable(text[:_READ])
        rules = self._by_language.get(language) or self._prepare(language)

        def words(places: Sequence[Place]) -> tuple[str, ...]:
            return tuple(dict.fromkeys(shown[start:end] for start, end, _, _ in sorted(places)))

        by_rule = [
            Match(written.topic, written.language, written.text.strip(), words(places), branch)
            for written, places, branch in rules.fulfilled(shown, language, source)
        ]
        opined = rules.opined(shown, language, source)
        return (*by_rule, *(Match(topic, ANY, "", words(places), weights) for topic, places, weights in opined))

    def names_in(self, language: str) -> dict[str, str]:
        """Return the names of the topics in a language, by their ids; a topic without one is left out."""
        return {topic.id: topic.names[language] for topic in self.topics if language in topic.names}

    def root_of(self, topic_id: str) -> str:
        """Return the topic's topmost ancestor, or the topic itself.

        Raises:
            KeyError: there is no such topic.
        """
        topic = self._by_id[topic_id]
        return topic.id if topic.parent is None else self.root_of(topic.parent)

    @cached_property
    def ancestors(self) -> dict[str, frozenset[str]]:
        """The topics above each topic, without the topic itself, whether or not it implies them."""
        return {topic.id: frozenset(self._above(topic)) for topic in self.topics}

    @cached_property
    def corrections(self) -> tuple[Corrects, ...]:
        """The topics that correct another, in the file's order."""
        return tuple(
            Corrects(topic.id, topic.corrects, self.root_of(topic.id)) for topic in self.topics if topic.corrects
        )

    def _above(self, topic: Topic) -> Iterator[str]:
        while topic.parent is not None:
            yield topic.parent
            topic = self._by_id[topic.parent]

    def _implied(self, topic_id: str) -> Iterator[str]:
        topic = self._by_id[topic_id]
        while topic.implies and topic.parent is not None:
            yield topic.parent
            topic = self._by_id[topic.parent]

    def _prepare(self, language: str) -> RuleSet:
        """Return the rules for a language.

        They are made when the language first occurs, because most languages have no own rules.
        """
        chain = self._chain(language)
        if chain not in self._by_chain:
            self._by_chain[chain] = RuleSet(self._definition, chain)
        rules = self._by_language[language] = self._by_chain[chain]
        return rules

    def _chain(self, language: str) -> tuple[str, ...]:
        """Return the languages whose terms count in a language. In a text of unknown language, all terms count."""
        if language == UNDETERMINED:
            return self._written
        base = language.partition("-")[0]
        reads = self._definition.reads
        others = reads.get(language, reads.get(base, reads.get(ANY, ())))
        chain = dict.fromkeys((ANY, language, base, *others))
        return tuple(one for one in chain if one in self._written)

    @cached_property
    def _written(self) -> tuple[str, ...]:
        """`any`, and every language with a rule or a term."""
        definition = self._definition
        named = {language for by_language in definition.sets.values() for language in by_language}
        return (ANY, *sorted(named.union(rule.language for rule in definition.rules) - {ANY}))


def parse_taxonomy(toml_text: str, name: str = "The taxonomy") -> Taxonomy:
    """Return the taxonomy in the text of a taxonomy file. `name` is its name in errors.

    Raises:
        TaxonomyError: the taxonomy is invalid; the message names the fault and its place.
    """
    return _taxonomy(lambda: TomlText(toml_text, name))


def load_taxonomy(path: Path) -> Taxonomy:
    """Return the taxonomy in a file.

    Raises:
        TaxonomyError: the file is unreadable or the taxonomy is invalid.
    """
    return _taxonomy(lambda: TomlText.read(path, "the taxonomy"))


def _taxonomy(read: Callable[[], TomlText]) -> Taxonomy:
    try:
        document = read()
    except NotToml as error:
        raise TaxonomyError(str(error)) from error
    return Taxonomy(read_definition(document))
