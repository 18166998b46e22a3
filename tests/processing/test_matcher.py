from __future__ import annotations

import pytest

from processing.text import matchable
from processing.topics.matcher import Matcher, ruler
from processing.topics.parser import parse_term


def _found(terms: list[str], text: str) -> list[str]:
    shown = matchable(text)
    hits = Matcher(parse_term(term) for term in terms).hits(shown)
    return sorted(shown[start:end] for spans in hits.values() for start, end in spans)


@pytest.mark.parametrize("text", ["टिकटॉक बंद", "टिक टॉक", "टिक-टोक", "टिकटोक!", "#टिकटॉक", "टिकटॉक\u200d", "TIKTOK"])
def test_the_app_is_found_in_every_spelling_of_hindi(text: str) -> None:
    assert len(_found(["टिकटॉक", "टिक टॉक", "टिकटोक", "टिक टोक", "tiktok"], text)) == 1


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("禁令", "最新的禁令生效"),
        ("禁止", "ＴｉｋＴｏｋを禁止する"),
        ("แบน", "อินเดียแบนติ๊กต็อกแล้ว"),
        ("tiktok", "反TikTok法案"),
        ("tiktok", "틱톡TikTok을"),
        ("틱톡", "틱톡을"),
        ("حظر", "والحظر"),
        ("حظر", "بحظر"),
        ("запрет*", "О ЗАПРЕТЕ"),
        ("yasakla*", "yasaklanmasına"),
        ("tiktok", "TikTok'un"),
        ("tik tok", "#BanTikTok"),
        ("ban", "#BanTikTok"),
        ("tik tok", "#Tik_Tok"),
        ("تيك توك", "#تيك_توك"),
        ("59", "59款应用"),
    ],
)
def test_words_end_where_their_script_says(term: str, text: str) -> None:
    assert len(_found([term], text)) == 1


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("tiktok", "tiktoken"),
        ("ban", "bangchan"),
        ("ban", "urban"),
        ("حظر", "انحظر"),
        ("틱톡", "노틱톡"),
        ("бан", "банан"),
        ("tiktok", "@tiktok"),
        ("tiktok", "https://tiktok.com/ban"),
    ],
)
def test_a_part_of_a_word_is_not_the_word(term: str, text: str) -> None:
    assert _found([term], text) == []


def test_a_word_made_of_terms_alone_is_all_of_them() -> None:
    assert _found(["tiktok", "ban", "india"], "#bantiktokindia") == ["ban", "india", "tiktok"]
    assert _found(["tiktok", "ban"], "bantiktokers") == []


def test_two_short_terms_make_no_compound() -> None:
    assert _found(["ban", "nie"], "bannie") == []


def test_distances_are_in_words_and_two_unspaced_characters_are_one() -> None:
    assert ruler("a bc d") == [0, 0, 2, 2, 2, 4, 4]
    assert ruler("禁令 a") == [0, 1, 2, 4, 4]
