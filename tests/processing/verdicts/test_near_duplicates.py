from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from processing.verdicts.near_duplicates import ALIKE, Utterance, Voices, group_alike, listen


def signature(text: int, *, changed: int = 0) -> tuple[int, ...]:
    """Of a text by its number, with some of its twelve places different."""
    return tuple(1_000 * text + place + (500 if place < changed else 0) for place in range(12))


def test_one_account_is_one_voice_however_often_it_posts() -> None:
    said = [Utterance("loud", False, signature(number)) for number in range(500)]
    assert listen(said) == Voices(posts=500, voices=1, copies=0)


def test_a_text_copied_by_many_accounts_is_one_voice() -> None:
    said = [Utterance(f"account-{number}", False, signature(1, changed=number % 4)) for number in range(200)]
    assert listen(said) == Voices(posts=200, voices=1, copies=200)


def test_a_repost_is_a_voice_of_its_own() -> None:
    said = [Utterance(f"account-{number}", True, signature(1)) for number in range(200)]
    assert listen(said) == Voices(posts=200, voices=200, copies=0)


def test_short_texts_are_alike_by_chance_and_count_as_own_words() -> None:
    assert listen([Utterance(f"account-{number}", False, ()) for number in range(20)]).voices == 20


def test_a_text_that_differs_in_many_places_is_another() -> None:
    assert group_alike([signature(1), signature(1, changed=4), signature(1, changed=5), (), signature(2)]) == [
        0,
        0,
        2,
        None,
        3,
    ]


posts = st.lists(
    st.builds(
        Utterance,
        st.sampled_from(["a", "b", "c", "d", "e"]),
        st.booleans(),
        st.sampled_from([(), *(signature(text, changed=changed) for text in (1, 2) for changed in (0, 3, 8))]),
    )
)


@given(posts)
def test_no_more_voices_than_authors_and_none_without_one(said: list[Utterance]) -> None:
    heard = listen(said)
    assert heard.posts == len(said)
    assert bool(said) == (heard.voices > 0)
    assert heard.voices <= len({each.author for each in said})
    assert heard.copies <= sum(not each.is_repost and bool(each.signature) for each in said)


@given(st.lists(st.lists(st.integers(0, 2), min_size=12, max_size=12).map(tuple), max_size=40))
def test_copies_are_found_without_comparing_every_pair(signatures: list[tuple[int, ...]]) -> None:
    firsts: list[int] = []
    expected: list[int] = []
    for number, each in enumerate(signatures):
        same = [first for first in firsts if sum(map(int.__eq__, each, signatures[first])) >= ALIKE * len(each)]
        expected.append(same[0] if same else number)
        firsts += [] if same else [number]
    assert group_alike(signatures) == expected
