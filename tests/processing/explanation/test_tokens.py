from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.explanation.tokens import phrases_of, stop_words, terms_of

LANGUAGES = ["en", "ar", "fa", "ur", "hi", "hi-Latn", "zh", "zh-Hant", "ja", "th", "ko", "ru", "tr", "id", "und"]


def shown(text: str, language: str) -> set[str]:
    return set(terms_of(text, language).values())


def test_links_mentions_and_stop_words_are_no_terms() -> None:
    assert shown("The boss of @someone says: delete it now! https://example.org/delete", "en") == {
        "boss",
        "delete",
    }


def test_a_term_holds_stop_words_only_inside_and_ends_with_its_phrase() -> None:
    found = shown("Ban on phones. Warehouse staff laugh", "en")
    assert "Ban on phones" in found
    assert "Warehouse staff laugh" in found
    assert not any(term.startswith("on") or "phones Warehouse" in term for term in found)


def test_what_a_reader_sees_as_the_same_word_is_one() -> None:
    assert terms_of("CAFÉ", "fr").keys() == terms_of("cafe", "fr").keys()
    assert terms_of("شركةٌ", "ar").keys() == terms_of("شركه", "ar").keys()


@pytest.mark.parametrize(
    ("language", "text", "terms"),
    [
        ("zh", "公司要求员工删除手机上的应用", {"公司", "员工", "删除", "手机"}),
        ("zh-Hant", "公司要求員工刪除手機上的應用", {"公司", "員工", "手機"}),
        ("ja", "会社が社員にアプリの削除を要求、スマホから消せという", {"会社", "社員", "削除", "要求"}),
        ("th", "บริษัทสั่งให้พนักงานลบแอปวันนี้", {"พนักงาน"}),
    ],
)
def test_languages_without_spaces_have_words(language: str, text: str, terms: set[str]) -> None:
    assert terms <= shown(text, language)


def test_a_chinese_term_is_written_without_spaces_and_keeps_a_latin_name_whole() -> None:
    found = shown("公司删除TikTok应用", "zh")
    assert "TikTok" in found
    assert not any(" " in term for term in found)


def test_vowel_signs_stay_with_their_letters() -> None:
    assert "टिकटॉक" in shown("टिकटॉक पर रोक लगी", "hi")


@pytest.mark.parametrize(
    "language", ["ar", "en", "es", "fa", "fr", "hi", "hi-Latn", "id", "ja", "ru", "th", "tr", "zh"]
)
def test_the_languages_of_the_taxonomy_have_stop_words(language: str) -> None:
    assert len(stop_words(language)) > 60


@given(st.text(), st.sampled_from(LANGUAGES))
def test_any_text_has_terms_of_one_to_three_words_without_breaks(text: str, language: str) -> None:
    for words, written in terms_of(text, language).items():
        assert 1 <= len(words) <= 3
        assert all(words)
        assert "\n" not in written
    assert all(word.folded for phrase in phrases_of(text, language) for word in phrase)
