from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.tagging.text import fold, matchable, readable, words

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_folding_is_idempotent_for_any_text_lone_surrogates_included(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_folding_every_code_point_is_idempotent() -> None:
    folded = {fold(character) for character in map(chr, range(sys.maxunicode + 1)) if fold(character) != character}
    assert [each for each in folded if fold(each) != each] == []


@given(ANY_TEXT)
def test_words_are_separated_by_single_spaces_and_stay_as_they_are(text: str) -> None:
    found = words(text)
    assert "  " not in found
    assert found == found.strip()
    assert words(found) == found


@given(ANY_TEXT)
def test_any_text_can_be_read_and_matched(text: str) -> None:
    assert isinstance(readable(text), str)
    assert isinstance(matchable(text), str)


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("ＴｉｋＴｏｋ", "tiktok"),
        ("ﾃｨｯｸﾄｯｸ", "ティックトック"),
        ("PROHIBICIÓN", "prohibicion"),
        ("İSTANBUL ışık", "istanbul isik"),
        ("تَيْـك توك", "تيك توك"),
        ("أإآٱ", "اااا"),
        ("حكومة على", "حكومه علي"),
        ("ٹک ٹاک", "ٹك ٹاك"),
        ("ہندی", "هندي"),
        ("प्रतिबंध ज़रूर", "प्रतिबंध जरूर"),
        ("Ещё", "еще"),
        ("Ấn Độ", "an do"),
        ("tik\u200btok\u202e\ufe0f", "tiktok"),
        ("١٢٣ ۴۵ ९", "123 45 9"),
        ("STRASSE", "straße"),
        ("can’t", "can't"),
    ],
)
def test_spellings_that_readers_take_for_the_same_fold_to_the_same(written: str, same: str) -> None:
    assert fold(written) == fold(same)


@pytest.mark.parametrize(("one", "other"), [("が", "か"), ("की", "का"), ("틱", "톡"), ("ที่", "ทา"), ("ٹ", "ت")])
def test_letters_that_differ_stay_different(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_links_and_mentions_are_not_read_and_hashtags_are_split() -> None:
    text = readable("see https://example.org/TikTok @someone@example.org www.example.org #TikTokBan #تيك_توك")
    assert text.split() == ["see", "Tik", "Tok", "Ban", "تيك", "توك"]


def test_hashtags_are_matched_split_and_whole() -> None:
    assert matchable("Now: #TikTokBan!") == "now tik tok ban tiktokban"
    assert matchable("#تيك_توك") == "تيك توك تيكتوك"
    assert matchable("#tiktokban") == "tiktokban"
