"""What a search finds: in every script, by the expression engine that ClickHouse uses."""

from __future__ import annotations

from functools import cache
from unicodedata import category

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from processing.queries.text_pattern import LONGEST_SEARCH, MOST_TERMS, patterns
from processing.tagging.text import fold


def finds(search: str, text: str) -> bool:
    return all(re2.search(pattern, text) for pattern in patterns(search))


FOUND = [
    ("tiktok", "They ban TIKTOK today"),
    ("ban tiktok", "TikTok will be banned"),
    ("ban", "#TikTokBan now"),
    ("telefono", "el teléfono"),
    ("teléfono", "el TELEFONO"),
    ("ｔｉｋｔｏｋ", "tiktok"),
    ("tiktok", "𝐭𝐢𝐤𝐭𝐨𝐤"),
    ("ban", "b\u200ba\u0336n"),
    ("حظر", "الحظر"),
    ("حظر", "حَظْرٌ"),
    ("حظر", "حـــظر"),
    ("امازون", "أمازون"),
    ("أمازون", "امازون"),
    ("شركه", "شركة"),
    ("الي", "إلى"),
    ("کتاب", "كتاب"),
    ("کتاب", "\ufedb\ufe98\ufe8e\ufe8f"),
    ("٢٠٢٠", "in 2020"),
    ("запрет", "ЗАПРЕТ"),
    ("straße", "STRASSE"),
    ("strasse", "Straße"),
    ("Straße", "die Straße"),
    ("kære", "Kære alle"),
    ("kaere", "Kære alle"),
    ("efficient", "eﬃcient"),
    ("efficient", "efﬁcient"),
    ("禁止", "政府が禁止する"),
    ('"禁止"', "政府が禁止する"),
    ('"the government"', "the (government) says"),
    ("“the government”", "THE GOVERNMENT"),
    ("«تيك توك»", "حذف #تيك_توك الآن"),
    ('"work phone" tiktok', "TikTok on a work phone"),
    ('"unclosed phrase', "an unclosed phrase"),
    ("100%", "100% of it"),
    ("$", "it costs $5"),
    ("[x]", "a [x] b"),
    ("", "anything"),
    ('""', "anything"),
    ('"¼"', "»¼"),
    ('"¼"', "one: 1/4"),
    ('"1/4"', "¼ of them"),
    ('"⒈"', "1. first"),
    ('"℀"', "a/c"),
]
NOT_FOUND = [
    ("tiktok ban", "TikTok is fine"),
    ('"ban"', "an urban legend"),
    ('"the government"', "the bad government"),
    ('"government the"', "the government"),
    ("حظر", "حضر"),
    ("कल", "काल"),
    ("[x]", "x"),
    (".", "no stop"),
    ("a|b", "b"),
]


@pytest.mark.parametrize(("search", "text"), FOUND)
def test_is_found(search: str, text: str) -> None:
    assert finds(search, text)


@pytest.mark.parametrize(("search", "text"), NOT_FOUND)
def test_is_not_found(search: str, text: str) -> None:
    assert not finds(search, text)


@cache
def folded() -> list[str]:
    """The characters that folding changes; those that it changes into the same stand together, and share a pattern."""
    every = map(chr, range(0x20, 0x110000))
    changed = [each for each in every if category(each) not in {"Cn", "Co", "Cs"} and fold(each) != each]
    return sorted(changed, key=fold)


@pytest.mark.parametrize("quote", ["", '"'])
def test_every_character_that_folding_changes_finds_itself(quote: str) -> None:
    assert [each for each in folded() if not finds(f"{quote}{each}{quote}", f"so {each}")] == []


# A character that is newer than Python's tables is no letter to us, and may be one to the engine.
@given(st.text(st.characters(exclude_categories=["Cn", "Cs"]), max_size=60))
def test_a_text_finds_itself_whatever_it_holds(text: str) -> None:
    whole = text.encode("utf-8", "ignore").decode()
    assert finds(whole, whole)
    assert all(re2.compile(pattern) for pattern in patterns(f'"{whole}"'))


@given(st.text(alphabet=st.characters(categories=["L"], max_codepoint=0xFFFF), min_size=1, max_size=8))
def test_a_word_is_found_where_its_folded_form_stands(word: str) -> None:
    assert finds(word, fold(word))


def test_a_search_is_bounded() -> None:
    assert len(patterns(" ".join(f"w{number}" for number in range(50)))) == MOST_TERMS
    [pattern] = patterns("ä" * 10_000)
    assert pattern == patterns("ä" * LONGEST_SEARCH)[0]
    assert re2.compile(pattern)
    assert patterns("ban BAN bàn") == patterns("ban")
