"""What a post is about: the topics of a taxonomy file whose rules its text fulfils."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import msgspec

from processing.contract import UNDETERMINED
from processing.matcher import Matcher, ruler
from processing.rules import Reading, Rule, Span, Term, find, needed, parts, resolve
from processing.text import matchable
from processing.topics_file import ANY, Definition, TaxonomyError, Topic, Written, read_definition

__all__ = ["Match", "Taxonomy", "TaxonomyError", "Topic", "load_taxonomy", "parse_taxonomy"]

_READ = 20_000
"""Characters of a post that are matched: more is a pasted document, and an attack on the matcher's time."""


class Match(msgspec.Struct, frozen=True):
    """Why a post is of a topic: the rule, the language that it is written for (or `any`), the words it found."""

    topic: str
    language: str
    rule: str
    words: tuple[str, ...]


class _Ready(NamedTuple):
    written: Written
    rule: Rule


@dataclass(frozen=True)
class _Language:
    """The rules that count in one language, by the terms of which a text must hold one."""

    by_term: dict[Term, tuple[int, ...]]
    always: tuple[int, ...]
    rules: tuple[_Ready, ...]


class Taxonomy:
    """Topics, ready to be asked. `version` changes with the file; `topics` stand in the file's order."""

    def __init__(self, definition: Definition) -> None:
        self.version = definition.version
        self.topics = definition.topics
        self._definition = definition
        self._by_id = {topic.id: topic for topic in self.topics}
        self._languages: dict[str, _Language] = {}
        self._matcher = Matcher(_all_terms(definition))

    def tag(self, text: str, language: str, source: str) -> tuple[str, ...]:
        """The ids of the topics that a post is about, sorted, with the parents that they imply."""
        found = {ready.written.topic for ready, _, _ in self._found(text, language, source)}
        return tuple(sorted(found.union(*map(self._implied, found)))) if found else ()

    def explain(self, text: str, language: str, source: str) -> tuple[Match, ...]:
        """Every rule that a post fulfils, with the words (folded) that fulfil it."""
        return tuple(
            Match(
                ready.written.topic,
                ready.written.language,
                ready.written.text.strip(),
                tuple(dict.fromkeys(shown[span.start : span.end] for span in sorted(spans))),
            )
            for ready, spans, shown in self._found(text, language, source)
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

    def _found(self, text: str, language: str, source: str) -> Iterator[tuple[_Ready, list[Span], str]]:
        shown = matchable(text[:_READ])
        raw = self._matcher.raw(shown)
        ready = self._languages.get(language) or self._prepare(language)
        if not ready.always and all(ready.by_term.keys().isdisjoint(terms) for _, (_, terms) in raw):
            return  # most posts, and cheap: nothing that any rule cannot do without
        hits = self._matcher.hits(shown, raw)
        reading = Reading(hits, language, source, ruler(shown))
        for index in sorted({*ready.always}.union(*(ready.by_term.get(term, ()) for term in hits))):
            spans = find(ready.rules[index].rule, reading)
            if spans is not None:
                yield ready.rules[index], spans, shown

    def _prepare(self, language: str) -> _Language:
        """Compiled when a language is met first: a detector knows some two hundred."""
        chain = self._chain(language)
        names = _Names(self._definition, chain)
        rules = tuple(
            _Ready(written, resolve(written.rule, names))
            for written in self._definition.rules
            if written.language in chain
        )
        shared = Counter(term for ready in rules for term in {*parts(ready.rule)} if isinstance(term, Term))
        by_term: dict[Term, list[int]] = defaultdict(list)
        always = []
        for index, ready in enumerate(rules):
            terms = needed(ready.rule, shared)
            if terms is None:
                always.append(index)
            for term in terms or ():
                by_term[term].append(index)
        prepared = _Language({term: tuple(found) for term, found in by_term.items()}, tuple(always), rules)
        self._languages[language] = prepared
        return prepared

    def _chain(self, language: str) -> tuple[str, ...]:
        """The languages whose terms count; in a text of unknown language, all do."""
        if language == UNDETERMINED:
            return self._all_languages
        base = language.partition("-")[0]
        reads = self._definition.reads
        others = reads.get(language, reads.get(base, reads.get(ANY, ())))
        return tuple(dict.fromkeys((ANY, language, base, *others)))

    @cached_property
    def _all_languages(self) -> tuple[str, ...]:
        definition = self._definition
        named = {language for by_language in definition.sets.values() for language in by_language}
        return (ANY, *sorted(named.union(written.language for written in definition.rules) - {ANY}))


@dataclass(frozen=True)
class _Names:
    """What sets and topics stand for where the terms and rules of some languages count."""

    definition: Definition
    chain: tuple[str, ...]

    def terms(self, name: str) -> tuple[Term, ...]:
        by_language = self.definition.sets[name]
        return tuple(dict.fromkeys(term for language in self.chain for term in by_language.get(language, ())))

    def rules(self, name: str) -> tuple[Rule, ...]:
        written = self.definition.rules
        return tuple(one.rule for one in written if one.topic == name and one.language in self.chain)


def _all_terms(definition: Definition) -> set[Term]:
    loose = {part for written in definition.rules for part in parts(written.rule) if isinstance(part, Term)}
    return loose.union(*(terms for by_language in definition.sets.values() for terms in by_language.values()))


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
