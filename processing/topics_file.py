"""The taxonomy file: its shape, and errors that say where in it something is wrong.

`[sets.<name>]` holds lists of terms by language (or `any`), `[reads]` which languages' terms also count in a language,
`[topics.<id>]` the names (`names.en`, `names.ar`), the `parent`, `implies = false` where a post of the topic is not
one of the parent too, and the rules by language (`rules.any`, `rules.en`), in the language of `processing.rules`.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

import msgspec

from processing.rules import Rule, RuleError, SetOf, Term, TopicOf, parse_rule, parse_term, parts
from processing.text import words

ANY = "any"
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class TaxonomyError(ValueError):
    """The taxonomy cannot be used: one sentence that names the file, the topic or set and, where known, the line."""


class Topic(msgspec.Struct, frozen=True):
    """A subject, with its name in `en` and `ar` at least. With `implies`, a post of it is one of its parent too."""

    id: str
    parent: str | None
    names: dict[str, str]
    implies: bool


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    names: dict[str, str]
    parent: str | None = None
    implies: bool = True
    rules: dict[str, str] = {}


class _Contents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    topics: dict[str, _Entry]
    sets: dict[str, dict[str, list[str]]] = {}
    reads: dict[str, list[str]] = {}


@dataclass(frozen=True)
class Written:
    """A rule as it stands in the file and as it was read."""

    topic: str
    language: str
    text: str
    rule: Rule


@dataclass(frozen=True)
class Definition:
    """A whole file, checked: every set, parent and term that it names can be used."""

    version: str
    topics: tuple[Topic, ...]
    rules: tuple[Written, ...]
    sets: dict[str, dict[str, tuple[Term, ...]]]
    reads: dict[str, tuple[str, ...]]


def read_definition(toml_text: str, name: str) -> Definition:
    """Read and check a taxonomy; `name` is what errors call it.

    Raises:
        TaxonomyError: at the first thing that is wrong.
    """
    return _Reader(toml_text, name).definition()


class _Reader:
    def __init__(self, toml_text: str, name: str) -> None:
        self._text, self._name = toml_text, name

    def definition(self) -> Definition:
        contents = self._contents()
        sets = {key: self._set(key, by_language) for key, by_language in contents.sets.items()}
        topics = tuple(self._topic(key, contents) for key in contents.topics)
        for topic in topics:
            self._check_ancestry(topic.id, contents)
        rules = tuple(self._rules(contents))
        self._check_references(rules)
        return Definition(
            version=hashlib.sha256(self._text.encode("utf-8", "replace")).hexdigest()[:12],
            topics=topics,
            rules=rules,
            sets=sets,
            reads={language: tuple(others) for language, others in contents.reads.items()},
        )

    def _contents(self) -> _Contents:
        try:
            return msgspec.convert(tomllib.loads(self._text), _Contents)
        except tomllib.TOMLDecodeError as error:
            self._fail(f"not TOML: {str(error).rstrip('.')}")
        except msgspec.ValidationError as error:
            self._fail(str(error).rstrip("."))

    def _set(self, key: str, by_language: dict[str, list[str]]) -> dict[str, tuple[Term, ...]]:
        return {
            language: tuple(self._term(parse_term(written), f"set {key}, {language}", written) for written in terms)
            for language, terms in by_language.items()
        }

    def _term(self, term: Term, where: str, written: str) -> Term:
        if not words(term.words):
            self._fail(f"{where}: the term {written!r} has no letter or digit", self._text.find(written))
        return term

    def _topic(self, key: str, contents: _Contents) -> Topic:
        entry = contents.topics[key]
        at = self._text.find(f"[topics.{key}]")
        if not _ID.fullmatch(key):
            self._fail(f"topic {key!r}: an id is made of small letters, digits and hyphens, 64 at most", at)
        for language in ("en", "ar"):
            if not entry.names.get(language, "").strip():
                self._fail(f"topic {key}: names.{language} is missing", at)
        if entry.parent is not None and entry.parent not in contents.topics:
            self._fail(f"topic {key}: its parent {entry.parent!r} is not a topic of the file", at)
        return Topic(key, entry.parent, entry.names, entry.implies)

    def _check_ancestry(self, key: str, contents: _Contents) -> None:
        seen, parent = {key}, contents.topics[key].parent
        while parent is not None:
            if parent in seen:
                self._fail(f"topic {key}: it is among its own ancestors", self._text.find(f"[topics.{key}]"))
            seen.add(parent)
            parent = contents.topics[parent].parent

    def _check_references(self, rules: tuple[Written, ...]) -> None:
        named: dict[str, set[str]] = {}
        for written in rules:
            named.setdefault(written.topic, set()).update(_topics_in(written))
        for topic, direct in named.items():
            seen: set[str] = set()
            ahead = direct
            while ahead:
                if topic in ahead:
                    at = self._text.find(f"[topics.{topic}]")
                    self._fail(f"topic {topic}: its rules lead back to topic:{topic}", at)
                seen |= ahead
                ahead = set().union(*(named.get(one, set()) for one in ahead)) - seen

    def _rules(self, contents: _Contents) -> Iterator[Written]:
        for key, entry in contents.topics.items():
            for language, text in entry.rules.items():
                yield Written(key, language, text, self._rule(key, language, text, contents))

    def _rule(self, key: str, language: str, text: str, contents: _Contents) -> Rule:
        where = f"topic {key}, rules.{language}"
        try:
            rule = parse_rule(text)
        except RuleError as error:
            self._fail_in_rule(where, text, error.offset, str(error))
        for part in parts(rule):
            if isinstance(part, SetOf) and part.name not in contents.sets:
                self._fail_in_rule(where, text, part.offset, f"There is no set @{part.name}.")
            if isinstance(part, TopicOf) and part.name not in contents.topics:
                self._fail_in_rule(where, text, part.offset, f"There is no topic {part.name}.")
            if isinstance(part, Term):
                self._term(part, where, part.words)
        return rule

    def _fail_in_rule(self, where: str, rule: str, offset: int, message: str) -> NoReturn:
        column = offset - (rule.rfind("\n", 0, offset) + 1) + 1
        line_of_rule = rule.count("\n", 0, offset) + 1
        at = self._text.find(rule)
        start = -1 if at < 0 or not rule else at + offset
        self._fail(f"{where}, line {line_of_rule} of the rule, column {column}: {message.rstrip('.')}", start)

    def _fail(self, message: str, at: int = -1) -> NoReturn:
        line = f", line {self._text.count(chr(10), 0, at) + 1}" if at >= 0 else ""
        raise TaxonomyError(f"{self._name}{line}: {message}.") from None


def _topics_in(written: Written) -> Iterator[str]:
    return (part.name for part in parts(written.rule) if isinstance(part, TopicOf))
