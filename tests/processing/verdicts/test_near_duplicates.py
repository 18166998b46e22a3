from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.verdicts.near_duplicates import Utterance, Voices, are_copies, letters_of, listen
from tests.support.rises import HEADLINE, own_words

ARABIC = "شركة كبرى تطلب من جميع موظفيها حذف تطبيق الفيديو من هواتفهم قبل مساء الجمعة"
CHINESE = "一家大型零售商要求所有员工在周五晚上之前从手机中删除这款视频应用程序"
JAPANESE = "大手小売業者は全従業員に対し金曜日の夜までに携帯電話から動画アプリを削除するよう求めた"


def said(*texts: str) -> list[Utterance]:
    """Each by another account."""
    return [Utterance(f"account-{number}", letters_of(text)) for number, text in enumerate(texts)]


def test_one_account_is_one_voice_however_often_it_posts() -> None:
    chance = random.Random(1)
    loud = [Utterance("loud", letters_of(own_words(chance))) for _ in range(200)]
    assert listen(loud) == Voices(posts=200, voices=1, copies=0)
    assert listen([Utterance("loud", letters_of(HEADLINE))] * 200) == Voices(posts=200, voices=1, copies=0)


@pytest.mark.parametrize("text", [HEADLINE, ARABIC, CHINESE, JAPANESE])
@pytest.mark.parametrize(
    "changed",
    [
        lambda text, number: text,
        lambda text, number: f"{text} {number}",
        lambda text, number: f"@person{number} {text} https://example.org/{number}",
        lambda text, number: text + "!?🔥😡🤬👀"[number % 6] * (number % 4 + 1),
        lambda text, number: " ".join(text) if number % 2 else text,
        lambda text, number: text[: number % len(text)] + "\u200b" + text[number % len(text) :],
        lambda text, number: f"{['RETWEET', 'Please', 'SHARE', 'Stop'][number % 4]}: {text}",
    ],
    ids=["exact", "numbers", "handles and links", "emoji", "spaced out", "invisible letters", "a word before"],
)
def test_what_only_looks_different_is_a_copy(text: str, changed: object) -> None:
    copies = said(*(changed(text, number) for number in range(60)))  # type: ignore[operator]
    assert listen(copies) == Voices(posts=60, voices=0, copies=60)


def test_letters_of_another_script_that_look_the_same_are_the_same() -> None:
    chance, twins = random.Random(2), str.maketrans("aeopcx", "аеорсх")
    copies = said(*("".join(chance.choice((each, each.translate(twins))) for each in HEADLINE) for _ in range(60)))
    assert len({each.letters for each in copies}) == 1
    assert listen(copies).voices == 0


def test_a_text_in_which_each_changes_a_word_is_a_copy() -> None:
    chance, words = random.Random(3), HEADLINE.split()
    copies = []
    for _ in range(60):
        changed = [*words]
        changed[chance.randrange(len(words))] = chance.choice(own_words(chance).split())
        copies.append(" ".join(changed))
    assert listen(said(*copies)).voices <= 2


@pytest.mark.parametrize("quoted", [HEADLINE, ARABIC, CHINESE, JAPANESE])
def test_who_adds_words_of_their_own_to_a_headline_speaks(quoted: str) -> None:
    chance = random.Random(4)
    assert listen(said(*(f"{own_words(chance)} {quoted}" for _ in range(60)))).voices == 60


def test_a_repost_is_a_voice_of_its_own() -> None:
    reposts = [Utterance(f"account-{number}", "") for number in range(200)]
    assert listen(reposts) == Voices(posts=200, voices=200, copies=0)


@pytest.mark.parametrize("text", ["TikTok banned!", "حظر تيك توك", "抖音被禁了"])
def test_short_texts_are_alike_by_chance_and_count_as_own_words(text: str) -> None:
    assert listen(said(*[text] * 20)) == Voices(posts=20, voices=20, copies=0)


def test_what_others_post_beside_a_series_is_copied_in_it_too() -> None:
    assert listen(said(HEADLINE)).voices == 1
    flood = [Utterance(f"other-{number}", letters_of(HEADLINE)) for number in range(50)]
    assert listen(said(HEADLINE), flood) == Voices(posts=1, voices=0, copies=1)


def test_a_post_without_a_series_is_heard_nowhere() -> None:
    assert listen([], said(HEADLINE)) == Voices(posts=0, voices=0, copies=0)


CHANCE = random.Random(5)
TEXTS = [HEADLINE, f"{HEADLINE} now", f"{HEADLINE} today", "too short", *(own_words(CHANCE) for _ in range(3))]
posts = st.lists(st.builds(Utterance, st.sampled_from("abcde"), st.sampled_from(TEXTS).map(letters_of)))


@given(posts)
def test_each_author_is_a_voice_or_a_copy_and_no_copy_comes_alone(heard: list[Utterance]) -> None:
    found = listen(heard)
    assert found.posts == len(heard)
    assert found.voices + found.copies == len({each.author for each in heard})
    assert found.copies != 1


def test_who_copies_everybody_silences_no_more_than_one() -> None:
    chance = random.Random(7)
    people = said(*(own_words(chance) for _ in range(40)))
    bot = [Utterance("bot", each.letters) for each in people]
    assert listen([*people, *bot]).voices >= 39


def test_texts_are_compared_across_the_rows_that_are_multiplied_at_once() -> None:
    chance = random.Random(6)
    apart = [HEADLINE, *(own_words(chance) for _ in range(700)), f"{HEADLINE} now"]
    assert are_copies([letters_of(text) for text in apart]).nonzero()[0].tolist() == [0, 701]
