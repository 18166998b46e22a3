from __future__ import annotations

import pytest

from processing.tagging.text import matchable
from processing.tagging.topics.matcher import Matcher, located, ruler
from processing.tagging.topics.parser import parse_term


def _found(terms: list[str], text: str) -> list[str]:
    shown = matchable(text)
    matcher = Matcher({parse_term(term): 1 for term in terms})
    return sorted(shown[start:end] for _, (start, end) in matcher.hits(shown))


@pytest.mark.parametrize("text", ["टिकटॉक बंद", "टिक टॉक", "टिक-टोक", "टिकटोक!", "#टिकटॉक", "टिकटॉक\u200d", "TIKTOK"])
def test_the_app_is_found_in_every_spelling_of_hindi(text: str) -> None:
    assert _found(["टिक टॉक", "टिक टोक", "tiktok"], text)


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
    assert _found([term], text)


@pytest.mark.parametrize("app", ["tiktok", "tik tok", "TikTok"])
@pytest.mark.parametrize(
    "text",
    [
        "#TikTokBan",
        "#BanTikTok",
        "#bantiktok",
        "#tiktokban",
        "#TIKTOKBAN",
        "#Ban_Tik_Tok",
        "#ban_tiktok",
        "#tiktok ban",
    ],
)
def test_one_spelling_in_a_set_is_enough_for_every_hashtag(app: str, text: str) -> None:
    found = _found([app, "ban"], text)
    assert "ban" in found
    assert {"tiktok", "tik tok"}.intersection(found)


@pytest.mark.parametrize("text", ["#TikTokBan", "#BanTikTok", "#SaveTikTokNow", "#Save_Tik_Tok_2025", "#ban_tiktok"])
def test_the_words_of_a_hashtag_can_be_known_or_not(text: str) -> None:
    assert "tiktok" in _found(["tiktok"], text)


def test_a_phrase_is_found_without_its_spaces_where_it_is_long() -> None:
    assert _found(["lệnh cấm"], "#lệnhcấm") == ["lenhcam"]
    assert _found(["to day", "tiktok's"], "today, tiktoks") == []


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


@pytest.mark.parametrize("text", ["the ban of tik tok", "الحظر على تيك توك", "印度禁止tik tok了 ban", "แบน tik tok"])
def test_a_place_has_the_half_words_before_it(text: str) -> None:
    before, spans = ruler(text), [(at, at + 2) for at in range(len(text) - 2)]
    assert located(text, spans) == [(start, end, before[start], before[end]) for start, end in spans]
