"""Sentences in dataclasses, and their translation by names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from gettext import GNUTranslations
from io import BytesIO

import pytest
from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from processing.contract import Severity
from processing.i18n import LANGUAGES, Language, Message, Plural, language, messages, nearest, translated

CATALOGUE = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgctxt "hello"
msgid "Hello {name}"
msgstr "Hallo {name}"

msgctxt "page.hello"
msgid "Hello"
msgstr "Guten Tag"

msgctxt "page.severities.major"
msgid "major"
msgstr "groß"

msgctxt "page.changed"
msgid "As it was"
msgstr "Wie es war"

#, fuzzy
msgctxt "page.unsure"
msgid "Unsure"
msgstr "Unsicher"

msgctxt "page.posts"
msgid "{count} post in {time}"
msgid_plural "{count} posts in {time}"
msgstr[0] "{count} Beitrag in {time}"
msgstr[1] "{count} Beiträge in {time}"
"""


@dataclass(frozen=True)
class Page:
    hello: str = "Hello"
    changed: str = "As it is"
    unsure: str = "Unsure"
    empty: str = ""
    posts: Plural = Plural("{count} post in {time}", "{count} posts in {time}")
    severities: Mapping[Severity, str] = field(default_factory=lambda: {Severity.MAJOR: "major"})


@dataclass(frozen=True)
class Words:
    hello: str = "Hello {name}"
    page: Page = field(default_factory=Page)
    rate: float = 1.5


@pytest.fixture(scope="module")
def german() -> Language:
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(CATALOGUE.encode()), locale="de"))
    compiled.seek(0)
    return Language(Locale("de"), GNUTranslations(compiled))


def test_a_sentence_is_found_by_its_name(german: Language) -> None:
    words = translated(Words(), german)
    assert words.hello == "Hallo {name}"
    assert words.page.hello == "Guten Tag"
    assert words.page.severities == {Severity.MAJOR: "groß"}
    assert words.rate == 1.5


def test_what_is_changed_unsure_or_missing_stays_english(german: Language) -> None:
    page = translated(Words(), german).page
    assert (page.changed, page.unsure, page.empty) == ("As it is", "Unsure", "")


def test_a_count_chooses_the_form_and_is_written_as_the_language_does(german: Language) -> None:
    posts = translated(Page(), german, "page").posts
    assert [posts(count, time="1 h") for count in (1, 2, 1200)] == [
        "1 Beitrag in 1 h",
        "2 Beiträge in 1 h",
        "1.200 Beiträge in 1 h",
    ]
    assert [Page().posts(count, time="1 hr") for count in (0, 1, 1200)] == [
        "0 posts in 1 hr",
        "1 post in 1 hr",
        "1,200 posts in 1 hr",
    ]


def test_messages_have_the_names_by_which_they_are_translated() -> None:
    assert list(messages(Words(), "top")) == [
        Message("top.hello", "Hello {name}"),
        Message("top.page.hello", "Hello"),
        Message("top.page.changed", "As it is"),
        Message("top.page.unsure", "Unsure"),
        Message("top.page.posts", "{count} post in {time}", "{count} posts in {time}"),
        Message("top.page.severities.major", "major"),
    ]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("fr-CA", "fr"), ("ar-EG", "ar"), ("en-GB", "en"), ("tlh", "en"), (None, "en"), ("", "en")],
)
def test_a_browser_gets_the_nearest_language(wanted: str | None, found: str) -> None:
    assert nearest(wanted) == found


def test_a_language_names_itself() -> None:
    assert [language(tag).native_name for tag in ("en", "ar", "fr")] == ["English", "العربية", "Français"]
    assert [tag for tag in LANGUAGES if language(tag).right_to_left] == ["ar"]
    with pytest.raises(LookupError, match="no catalogue for the language 'xx'"):
        language("xx")
