"""Text from the network stays text."""

from __future__ import annotations

import unicodedata
from html.parser import HTMLParser

import pytest

from dashboard.i18n import ENGLISH
from dashboard.markup import element
from dashboard.parts.posts import article
from dashboard.views.incident.explanation import pointed_at
from processing.plain_text import ELLIPSIS, LONGEST_POST, displayable, safe_link
from processing.queries import StoredPost
from tests.support.stock import END, HOSTILE


class Reading(HTMLParser):
    """What a browser would find: elements with their attributes, and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(str(html))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend(attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


def read(text: str, url: str = "") -> Reading:
    post = StoredPost("source", "1", END, "en", ("ban",), text, url, "author")
    return Reading(article(post, ENGLISH, "ban"))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_post_adds_no_element_and_no_attribute(text: str) -> None:
    harmless, hostile = read("harmless"), read(text)
    assert hostile.tags == harmless.tags
    assert hostile.attributes == harmless.attributes


@pytest.mark.parametrize("name", ["script", "markdown", "persian"])
def test_a_post_is_shown_as_it_was_written(name: str) -> None:
    assert HOSTILE[name].strip("\u200f") in read(HOSTILE[name]).text


def test_an_attribute_cannot_be_left() -> None:
    written = element("a", "x", href='https://example.org/" onclick="alert(1)')
    assert Reading(written).attributes == [("href", 'https://example.org/" onclick="alert(1)')]


def test_escaping_happens_once() -> None:
    assert element("p", element("b", "<&>"), "<") == "<p><b>&lt;&amp;&gt;</b>&lt;</p>"
    assert element("p", element("b", "&")) == "<p><b>&amp;</b></p>"


def test_a_post_has_the_direction_of_its_own_text() -> None:
    assert ("dir", "auto") in read("خبر").attributes


@pytest.mark.parametrize("code", [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0, 0x1B, 0x7F, 0x85, 0xD800, 0xFEFF])
def test_what_could_turn_the_page_around_is_taken_out(code: int) -> None:
    assert displayable(f"be{chr(code)}fore") == "before"


@pytest.mark.parametrize(
    "text",
    ["می‌خواهم", "\u200fخبر\u200f", "👩‍👩‍👧", "हिन्दी में क्षत्रिय", "מִשְׁפָּט֑", "Việt Nam", "line\nbreak\ttab"],
)
def test_what_writing_systems_need_is_left_alone(text: str) -> None:
    for form in ("NFC", "NFD"):
        assert displayable(unicodedata.normalize(form, text)) == unicodedata.normalize(form, text)


def test_stacked_marks_are_cut_down() -> None:
    shown = displayable(HOSTILE["marks"])
    assert sum(unicodedata.combining(letter) > 0 or unicodedata.category(letter) == "Me" for letter in shown) == 4
    assert shown.endswith("algo")


def test_a_long_text_ends_with_an_ellipsis() -> None:
    for text in ("x" * 100_000, "\u0336" * 100_000 + "x", "\u202e" * 100_000):
        shown = displayable(text)
        assert len(shown) <= LONGEST_POST + 1
        assert shown.endswith(ELLIPSIS)
    assert displayable("x" * LONGEST_POST) == "x" * LONGEST_POST


def test_empty_lines_do_not_flood_the_page() -> None:
    assert displayable("a" + "\n \n" * 500 + "b") == "a\n\nb"
    assert displayable("a \n b  c") == "a \n b  c"


def test_blanks_do_not_hold_the_page() -> None:
    """Time that grows with the square of the blanks would be hours here."""
    assert displayable(" " * 4_000_000 + "x", 1_000_001) == "x"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "//example.org",
        "https://",
        "http://[broken",
        "https://example.org/\u202egnp",
        # A browser opens the first name, the standard library reads the second.
        "http://evil.example\\@good.example/x",
        "http:\\\\evil.example\\@good.example/x",
        "https://good.example@evil.example/x",
        "https://good.example:443@evil.example/x",
        "https://@evil.example/x",
        "",
    ],
)
def test_only_web_addresses_become_links(url: str) -> None:
    assert safe_link(url) is None
    assert "a" not in read("text", url).tags


def test_the_name_of_a_person_in_a_path_is_no_part_of_the_host() -> None:
    assert safe_link("https://example.org/@person/1") == "https://example.org/@person/1"


def test_a_post_says_its_language() -> None:
    assert ("lang", "en") in read("text").attributes


def test_a_link_is_named_by_its_host_and_path_and_leads_to_all_of_it() -> None:
    url = "https://example.org/posts/1234567?a=1&b=2"
    reading = Reading(pointed_at(url))
    assert reading.text == "example.org/posts/1234567?a=1&b=2"
    assert {("href", url), ("title", url), ("dir", "ltr")} <= set(reading.attributes)
    assert Reading(pointed_at("javascript:alert(1)")).tags == ["bdi"]


def test_a_web_address_becomes_a_link_that_tells_nothing_about_us() -> None:
    reading = read("text", "https://example.org/posts/1?a=1&b=2")
    assert ("href", "https://example.org/posts/1?a=1&b=2") in reading.attributes
    assert ("rel", "noopener noreferrer nofollow") in reading.attributes
    assert "example.org" in reading.text
