"""The taxonomy gives a post its topics: the topics with a rule that matches the post's text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import msgspec

from processing.contract import UNDETERMINED, Corrects
from processing.tagging.text import matchable
from processing.tagging.topics.file import ANY, Definition, TaxonomyError, Topic, read_definition
from processing.tagging.topics.matcher import Place
from processing.tagging.topics.rule_set import RuleSet, needed_terms
from processing.tagging.topics.rule_tree import Term
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
    """The topics of one file or of several, ready to tag posts. Each file has its own sets, reads and rules.

    `version` changes with each of them. `topics` have the order of the files. `sources` is what the files give to
    sources.
    """

    def __init__(self, *definitions: Definition, version: str) -> None:
        self.version = version
        self.topics = tuple(topic for definition in definitions for topic in definition.topics)
        self.sources = tuple(words for definition in definitions for words in definition.sources)
        self._files = tuple(map(_FileRules, definitions))
        self._by_id = {topic.id: topic for topic in self.topics}
        self._with_implied = {topic.id: {topic.id, *self._implied(topic.id)} for topic in self.topics}
        self._by_language: dict[str, tuple[RuleSet, ...]] = {}

    def tag(self, text: str, language: str, source: str) -> tuple[str, ...]:
        """Return the sorted ids of a post's topics, with the parents that they imply."""
        files = self._by_language.get(language) or self._prepare(language)
        shown = matchable(text[:_READ])
        found = [topic for rules in files for topic in rules.topics(shown, language, source)]
        return tuple(sorted(set().union(*[self._with_implied[topic] for topic in found]))) if found else ()

    def tag_many(self, texts: Sequence[str], languages: Sequence[str], sources: Sequence[str]) -> list[tuple[str, ...]]:
        """Return the result of `tag` for each text. Here most texts off the subject cost a microsecond."""
        topics: list[tuple[str, ...]] = [()] * len(texts)
        # One language after another, because the rules of one fit into a processor's cache, and those of all do not.
        for number in sorted(self._maybes([text[:_READ] for text in texts]), key=languages.__getitem__):
            topics[number] = self.tag(texts[number], languages[number], sources[number])
        return topics

    def _maybes(self, texts: Sequence[str]) -> Iterable[int]:
        return range(len(texts)) if self._skim is None else self._skim.maybes(texts)

    @cached_property
    def _skim(self) -> Skim | None:
        """The search for the terms that any rule of any file needs; None if a rule matches any text."""
        needed: set[Term] = set()
        for file in self._files:
            if file.needed is None:
                return None
            needed |= file.needed
        return Skim(frozenset(needed))

    def explain(self, text: str, language: str, source: str) -> tuple[Match, ...]:
        """Return every rule that a post matches, with the (folded) words that match, and then the second opinions."""
        shown = matchable(text[:_READ])
        files = self._by_language.get(language) or self._prepare(language)

        def words(places: Sequence[Place]) -> tuple[str, ...]:
            return tuple(dict.fromkeys(shown[start:end] for start, end, _, _ in sorted(places)))

        by_rule = [
            Match(written.topic, written.language, written.text.strip(), words(places), branch)
            for rules in files
            for written, places, branch in rules.fulfilled(shown, language, source)
        ]
        by_model = [
            Match(topic, ANY, "", words(places), weights)
            for rules in files
            for topic, places, weights in rules.opined(shown, language, source)
        ]
        return (*by_rule, *by_model)

    @cached_property
    def roots(self) -> dict[str, str]:
        """The root of each topic that is watched."""
        return {topic.id: self.root_of(topic.id) for topic in self.topics if topic.watched}

    def subtopics(self, root: str) -> frozenset[str]:
        """Return the watched topics below a root. The others say how a post was found, not what it says."""
        return frozenset(topic for topic, own in self.roots.items() if own == root != topic)

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

    def _prepare(self, language: str) -> tuple[RuleSet, ...]:
        """Return the rules of each file for a language.

        They are made when the language first occurs, because most languages have no own rules.
        """
        rules = self._by_language[language] = tuple(file.rules(language) for file in self._files)
        return rules


class _FileRules:
    """The rules of one file, by the languages whose terms count together."""

    def __init__(self, definition: Definition) -> None:
        self._definition = definition
        self._by_chain: dict[tuple[str, ...], RuleSet] = {}

    @cached_property
    def needed(self) -> frozenset[Term] | None:
        """Terms of which a text must contain one for any rule of the file to match; None if a rule matches any text."""
        return needed_terms(self._definition, self._written)

    def rules(self, language: str) -> RuleSet:
        """Return the rules for a language."""
        chain = self._chain(language)
        if chain not in self._by_chain:
            self._by_chain[chain] = RuleSet(self._definition, chain)
        return self._by_chain[chain]

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
    return _taxonomy(lambda: [TomlText(toml_text, name)])


def load_taxonomy(*paths: Path) -> Taxonomy:
    """Return the taxonomy in one file or in several.

    Raises:
        TaxonomyError: a file is unreadable or invalid, or two files have a topic of the same id.
    """
    return _taxonomy(lambda: [TomlText.read(path, "the taxonomy") for path in paths])


def _taxonomy(read: Callable[[], Sequence[TomlText]]) -> Taxonomy:
    try:
        documents = read()
    except NotToml as error:
        raise TaxonomyError(str(error)) from error
    definitions = [read_definition(document) for document in documents]
    _check_apart(documents, definitions)
    versions = [document.version for document in documents]
    joined = hashlib.sha256("".join(versions).encode()).hexdigest()[: len(versions[0])]
    return Taxonomy(*definitions, version=versions[0] if len(versions) == 1 else joined)


def _check_apart(documents: Sequence[TomlText], definitions: Sequence[Definition]) -> None:
    """Check that no topic stands in two files."""
    first: dict[str, TomlText] = {}
    for document, definition in zip(documents, definitions, strict=True):
        for topic in definition.topics:
            if (other := first.setdefault(topic.id, document)) is not document:
                line = document.line(document.offset(("topics", topic.id)))
                raise TaxonomyError(f"{document.name}, line {line}: topic {topic.id}: {other.name} has it already.")
