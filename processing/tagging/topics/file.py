"""The taxonomy file: its structure, and errors with the place of each fault.

`[sets.<name>]` holds lists of terms by language (or `any`). `[reads]` says which other languages' terms also count in a
language. `[topics.<id>]` holds the names (`names.en`, `names.ar`), the `parent`, and the rules by language
(`rules.any`, `rules.en`) in the language of `parser.py`. `implies = false` means that a post of the topic is not a post
of the parent. `corrects` names the topic whose claim the posts of this one withdraw or deny. `opinion` holds a model
that is asked where no rule speaks: see `opinion.py`. `[sources.<name>]` holds what a source asks its network for, by
the name of the source's setting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn, TypeVar

import msgspec

from ingest.errors import Failure
from processing.tagging.topics.opinion import Opinion
from processing.tagging.topics.parser import RuleError, parse_rule, parse_term
from processing.tagging.topics.rule_tree import Rule, SetOf, Term, TopicOf, parts
from processing.toml_text import TomlText

ANY = "any"
TOPIC_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_Shape = TypeVar("_Shape")


class TaxonomyError(Failure, ValueError):
    """The taxonomy is invalid. The message is one sentence that names the file, the place, and the topic or set."""


class Topic(msgspec.Struct, frozen=True):
    """A subject, with its names in at least `en` and `ar`. With `implies`, its posts are also posts of its parent.

    A topic that is not `watched` is counted, and its posts are kept, but it has no spikes. The posts of a topic that
    `corrects` another withdraw or deny what the posts of the other claim.
    """

    id: str
    parent: str | None
    names: dict[str, str]
    implies: bool
    watched: bool = True
    corrects: str | None = None


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    names: dict[str, str]
    parent: str | None = None
    implies: bool = True
    watched: bool = True
    corrects: str | None = None
    rules: dict[str, str] = {}
    opinion: Opinion | None = None


class _Contents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    topics: dict[str, object]
    sets: dict[str, object] = {}
    sources: dict[str, object] = {}
    reads: dict[str, list[str]] = {}


@dataclass(frozen=True)
class Written:
    """A rule: its text in the file and its parsed form."""

    topic: str
    language: str
    text: str
    rule: Rule


@dataclass(frozen=True)
class SourceWords:
    """The value of a source's setting that a file gives. `place` is the file and the line, for errors.

    Whether there is such a source and such a setting is not known here.
    """

    source: str
    setting: str
    words: tuple[str, ...]
    place: str


@dataclass(frozen=True)
class Definition:
    """A whole file after the check: every set, parent and term that it names exists."""

    topics: tuple[Topic, ...]
    rules: tuple[Written, ...]
    sets: dict[str, dict[str, tuple[Term, ...]]]
    reads: dict[str, tuple[str, ...]]
    opinions: dict[str, Opinion]
    sources: tuple[SourceWords, ...] = ()


def read_definition(document: TomlText) -> Definition:
    """Read and check a taxonomy.

    Raises:
        TaxonomyError: the first fault of the taxonomy.
    """
    return _Reader(document).definition()


class _Reader:
    def __init__(self, document: TomlText) -> None:
        self._document, self._text = document, document.text

    def definition(self) -> Definition:
        contents = self._shaped(self._document.values, _Contents, "the file", -1)
        sets = {key: self._set(key, by_language) for key, by_language in contents.sets.items()}
        entries = {key: self._entry(key, entry) for key, entry in contents.topics.items()}
        topics = tuple(self._topic(key, entries) for key in entries)
        for key in entries:
            self._check_ancestry(key, entries)
        for key in entries:
            self._check_correction(key, entries)
        rules = tuple(self._rules(entries, sets))
        self._check_references(rules)
        if not rules:
            self._fail("no topic has a rule, so that no post would be on the subject and none would keep its text")
        return Definition(
            topics=topics,
            rules=rules,
            sets=sets,
            reads={language: tuple(others) for language, others in contents.reads.items()},
            sources=tuple(self._sources(contents.sources)),
            opinions=self._opinions(entries, sets),
        )

    def _shaped(self, loaded: object, shape: type[_Shape], where: str, at: int) -> _Shape:
        try:
            return msgspec.convert(loaded, shape)
        except msgspec.ValidationError as error:
            self._fail(f"{where}: {error}", at)

    def _set(self, key: str, loaded: object) -> dict[str, tuple[Term, ...]]:
        at = self._document.offset(("sets", key))
        by_language = self._shaped(loaded, dict[str, list[str]], f"set {key}", at)
        return {
            language: tuple(self._term(written, f"set {key}, {language}", at) for written in terms)
            for language, terms in by_language.items()
        }

    def _sources(self, loaded: Mapping[str, object]) -> Iterator[SourceWords]:
        for source, settings in loaded.items():
            at = self._document.offset(("sources", source))
            for setting, words in self._shaped(settings, dict[str, list[str]], f"sources.{source}", at).items():
                line = self._document.line(self._document.offset(("sources", source, setting)))
                yield SourceWords(source, setting, tuple(words), f"{self._document.name}, line {line}")

    def _term(self, written: str, where: str, header: int) -> Term:
        try:
            return parse_term(written)
        except RuleError as error:
            at = self._text.find(f'"{written}"', max(header, 0))
            self._fail(f"{where}: {error}", at if at < 0 or not error.offset else at + 1 + error.offset)

    def _entry(self, key: str, loaded: object) -> _Entry:
        at = self._header(key)
        if not TOPIC_ID.fullmatch(key):
            self._fail(f"topic {key!r}: an id is made of small letters, digits and hyphens, 64 at most", at)
        return self._shaped(loaded, _Entry, f"topic {key}", at)

    def _topic(self, key: str, entries: Mapping[str, _Entry]) -> Topic:
        entry = entries[key]
        for language in ("en", "ar"):
            if not entry.names.get(language, "").strip():
                self._fail(f"topic {key}: names.{language} is missing", self._header(key))
        if entry.parent is not None and entry.parent not in entries:
            self._fail(f"topic {key}: its parent {entry.parent!r} is not a topic of the file", self._header(key))
        return Topic(key, entry.parent, entry.names, entry.implies, entry.watched, entry.corrects)

    def _check_ancestry(self, key: str, entries: Mapping[str, _Entry]) -> None:
        seen, parent = {key}, entries[key].parent
        while parent is not None:
            if parent in seen:
                self._fail(f"topic {key}: it is among its own ancestors", self._header(key))
            seen.add(parent)
            parent = entries[parent].parent

    def _opinions(self, entries: Mapping[str, _Entry], sets: Mapping[str, object]) -> dict[str, Opinion]:
        opinions = {key: entry.opinion for key, entry in entries.items() if entry.opinion is not None}
        for key, opinion in opinions.items():
            where, at = f"topic {key}, opinion", self._document.offset(("topics", key, "opinion"))
            for name in (opinion.among, opinion.unless):
                if name not in entries or name in opinions:
                    self._fail(f"{where}: there is no topic {name} with rules", at)
            for name in opinion.weights:
                if name not in sets:
                    self._fail(f"{where}: there is no set {name}", at)
            if not 0 < opinion.threshold < 1:
                self._fail(f"{where}: its threshold {opinion.threshold} is not between 0 and 1", at)
        return opinions

    def _check_correction(self, key: str, entries: Mapping[str, _Entry]) -> None:
        claim = entries[key].corrects
        if claim is None:
            return
        if claim not in entries:
            self._fail_in_correction(key, f"{claim!r} is not a topic of the file")
        own, others = _line(key, entries), _line(claim, entries)
        if own[-1] != others[-1]:
            self._fail_in_correction(key, f"{claim!r} is below another root than {key!r}, so no incident has both")
        if key in others:
            self._fail_in_correction(key, f"{claim!r} is the topic itself or below it, so no claim would be left")
        seen, at = {key}, entries[claim].corrects
        while at is not None and at in entries and at not in seen:
            seen.add(at)
            at = entries[at].corrects
        if at in seen:
            self._fail_in_correction(key, f"the corrections lead in a circle back to {at!r}")

    def _rules(self, entries: Mapping[str, _Entry], sets: Mapping[str, object]) -> Iterator[Written]:
        for key, entry in entries.items():
            for language, text in entry.rules.items():
                written = Written(key, language, text, self._rule(key, language, text))
                self._check_names(written, entries, sets)
                yield written

    def _rule(self, key: str, language: str, text: str) -> Rule:
        try:
            return parse_rule(text)
        except RuleError as error:
            self._fail_in_rule(key, language, text, error.offset, str(error))

    def _check_names(self, written: Written, entries: Mapping[str, _Entry], sets: Mapping[str, object]) -> None:
        for part in parts(written.rule):
            match part:
                case SetOf(name, offset) if name not in sets:
                    message = f"there is no set @{name}"
                case TopicOf(name, offset) if name not in entries:
                    message = f"there is no topic {name}"
                case TopicOf(name, offset) if entries[name].opinion is not None:
                    message = f"topic {name} is given by a second opinion, which comes after all rules"
                case _:
                    continue
            self._fail_in_rule(written.topic, written.language, written.text, offset, message)

    def _check_references(self, rules: tuple[Written, ...]) -> None:
        named: dict[str, set[str]] = {}
        for written in rules:
            topics = {part.name for part in parts(written.rule) if isinstance(part, TopicOf)}
            named.setdefault(written.topic, set()).update(topics)
        for topic, direct in named.items():
            seen: set[str] = set()
            ahead = direct
            while ahead:
                if topic in ahead:
                    self._fail(f"topic {topic}: its rules lead back to topic:{topic}", self._header(topic))
                seen |= ahead
                ahead = set().union(*(named.get(one, set()) for one in ahead)) - seen

    def _header(self, key: str) -> int:
        return self._document.offset(("topics", key))

    def _fail_in_correction(self, key: str, message: str) -> NoReturn:
        self._fail(f"topic {key}, corrects: {message}", self._document.offset(("topics", key, "corrects")))

    def _fail_in_rule(self, key: str, language: str, rule: str, offset: int, message: str) -> NoReturn:
        header = self._header(key)
        at = self._text.find(rule, max(header, 0))
        if at >= 0 and rule:
            self._fail(f"topic {key}, rules.{language}: {message}", at + offset)
        self._fail(f"topic {key}, rules.{language}, character {offset + 1} of the rule: {message}", header)

    def _fail(self, message: str, at: int = -1) -> NoReturn:
        where = f", line {self._document.line(at)}, column {self._document.column(at)}" if at >= 0 else ""
        raise TaxonomyError(f"{self._document.name}{where}: {message.rstrip('.')}.") from None


def _line(key: str, entries: Mapping[str, _Entry]) -> list[str]:
    """Return the topic and those above it, the root last."""
    line = [key]
    while (parent := entries[line[-1]].parent) is not None:
        line.append(parent)
    return line
