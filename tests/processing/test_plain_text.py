"""Text from the network changes nothing around it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.plain_text import ELLIPSIS, is_safe_link, isolated, plain, safe_link

HIDDEN = (
    *(0x00, 0x08, 0x1B, 0x7F, 0x9B, 0xAD, 0x061C, 0x180E, 0x200B, 0x200E, 0x200F),
    *range(0x202A, 0x202F),
    *range(0x2060, 0x2070),
    *(0xFEFF, 0xD800, 0xE0001, 0xE0041, 0xE007F, 0xE0100),
)


@pytest.mark.parametrize("code", HIDDEN, ids=hex)
def test_what_is_not_seen_is_taken_out(code: int) -> None:
    assert plain(f"be{chr(code)}fore") == "before"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\x0b", "\x0c", "\x85", "\u2028", "\u2029", "\t", " \n \n "])
def test_a_text_is_one_line(end: str) -> None:
    assert plain(f"{end}one{end}two{end}") == "one two"


def test_a_joiner_stays_where_writing_needs_it_and_hides_in_no_other_word() -> None:
    for needed in ("می‌خواهم", "👩‍👩‍👧", "क्‍ष"):
        assert plain(needed) == needed
    assert plain("@chan\u200dnel \u200cx\u200c خ\u200d\u200d\u200dبر") == "@channel x خ\u200dبر"


@pytest.mark.parametrize("grapheme", ["e\u0301\u0323", "👩‍👩‍👧", "🇸🇦", "👍🏽", "خَ", "क्षि"])
def test_a_long_text_is_cut_between_two_graphemes(grapheme: str) -> None:
    for longest in range(len(grapheme), 4 * len(grapheme)):
        shown = plain(grapheme * 9, longest)
        assert shown.endswith(ELLIPSIS)
        assert len(shown) <= longest + 1
        assert unicodedata.normalize("NFC", shown[:-1]) == unicodedata.normalize(
            "NFC", grapheme * (len(shown[:-1]) // len(grapheme))
        )


def test_a_very_long_text_is_cut_before_it_is_read() -> None:
    assert plain("\u0336" * 1_000_000, 10).endswith(ELLIPSIS)
    assert plain("x" * 10, 10) == "x" * 10


def test_a_text_of_the_other_direction_is_isolated() -> None:
    assert isolated("TikTok banned") == "TikTok banned"
    assert isolated("خبر TikTok") == "\u2068خبر TikTok\u2069"
    assert isolated("TikTok 50%", right_to_left=True) == "\u2068TikTok 50%\u2069"


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://example.org/a b", "https://example.org/a%20b"),
        ("https://example.org/x|here>", "https://example.org/x%7Chere%3E"),
        ("https://example.org/ن?q=(1)", "https://example.org/ن?q=(1)"),
        ("https://example.org/" + "x" * 2_000, None),
        ("https://user@example.org/", None),
        ("ftp://example.org/", None),
    ],
)
def test_an_address_ends_in_no_markup_before_its_end(url: str, link: str | None) -> None:
    assert safe_link(url) == link


@given(st.text(st.sampled_from("/?#[]@:%&=;'\"<>|\\`.~ \t\n\u0646aZ0-")))
def test_what_is_safe_stays_safe_and_what_had_to_be_changed_was_not(rest: str) -> None:
    url = f"https://example.org/{rest}"
    link = safe_link(url)
    assert link is None or is_safe_link(link)
    assert is_safe_link(url) is (link == url)
    assert not is_safe_link(f"javascript:{rest}")
