"""Sentences as dataclasses.

Each field is a sentence: a `str`, a `Plural` if the sentence counts something, a mapping of sentences, or a dataclass
of more. The name of a sentence is the path to it, for example `explore_page.compare` or `figures.late`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from processing.i18n import notation
from processing.i18n.languages import ENGLISH, Language, language

T = TypeVar("T")


@dataclass(frozen=True)
class Plural:
    """A sentence that counts something. The language's own rule chooses the form by the count.

    `str.format` fills in `{count}`, as the language writes numbers, and the other blanks.
    """

    one: str
    other: str
    name: str = ""
    language: Language = field(default_factory=lambda: language(ENGLISH), repr=False)

    def __call__(self, count: int, **blanks: object) -> str:
        """Return the sentence for a count."""
        form = self.language.translations.npgettext(self.name, self.one, self.other, count)
        return form.format(count=notation.number(self.language.locale, count), **blanks)


@dataclass(frozen=True)
class Message:
    """An English sentence and its name. `other` is the form for several, if the sentence counts something."""

    name: str
    english: str
    other: str | None = None


def translated(sentences: T, into: Language, name: str = "") -> T:
    """Return the sentences in a language. `name` is put before the names of all."""

    def sentence(found: str | Plural, at: str) -> str | Plural:
        if isinstance(found, Plural):
            return replace(found, name=at, language=into)
        return into.translations.pgettext(at, found) if found else found

    found: T = _mapped(sentences, name, sentence)
    return found


def messages(sentences: object, name: str = "") -> Iterator[Message]:
    """Yield every sentence with its name, in the order of the fields. `name` is put before the names of all."""
    found: list[Message] = []

    def note(sentence: str | Plural, at: str) -> str | Plural:
        if isinstance(sentence, Plural):
            found.append(Message(at, sentence.one, sentence.other))
        elif sentence:
            found.append(Message(at, sentence))
        return sentence

    _mapped(sentences, name, note)
    yield from found


def _mapped(node: Any, name: str, sentence: Callable[[str | Plural, str], str | Plural]) -> Any:
    if isinstance(node, str | Plural):
        return sentence(node, name)
    if isinstance(node, Mapping):
        return {key: _mapped(each, _path(name, _key(key)), sentence) for key, each in node.items()}
    if is_dataclass(node) and not isinstance(node, Language | type):
        mapped = {
            each.name: _mapped(getattr(node, each.name), _path(name, each.name), sentence) for each in fields(node)
        }
        return replace(node, **mapped)
    return node


def _path(name: str, last: str) -> str:
    return f"{name}.{last}" if name else last


def _key(key: object) -> str:
    return str(key.value if isinstance(key, Enum) else key)
