from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processing.explanation.log_odds import AuthoredText, TermPolicy, by_author, drivers, log_odds, uses

POLICY = TermPolicy()
USUAL = [AuthoredText(f"usual-{number}", f"usual chatter number{number} dance music") for number in range(200)]
CHATTER = [AuthoredText(f"other-{number}", f"usual chatter number{number} dance music") for number in range(60)]


def surge(text: str, authors: int = 40, *, first: int = 0) -> list[AuthoredText]:
    return [AuthoredText(f"surge-{number}", text) for number in range(first, first + authors)]


def terms(now: list[AuthoredText], before: list[AuthoredText] = USUAL, language: str = "en") -> list[str]:
    return [driver.term for driver in drivers(POLICY, now, before, language)]


def test_the_formula_by_hand() -> None:
    now, before = (
        uses(by_author(said, lambda text: [(text,)]))
        for said in (
            surge("warehouse", 3) + surge("dance", 1, first=3),
            [AuthoredText("a", "dance"), AuthoredText("b", "dance"), AuthoredText("c", "warehouse")],
        )
    )
    policy = msgspec.structs.replace(POLICY, least_authors=1)
    a, b, all_now, all_before = 3, 1, 4, 3
    prior, all_prior = 0.05 * (a + b), 0.05 * (all_now + all_before)
    odds = math.log((a + prior) / (all_now + all_prior - a - prior))
    odds_before = math.log((b + prior) / (all_before + all_prior - b - prior))
    z = (odds - odds_before) / math.sqrt(1 / (a + prior) + 1 / (b + prior))
    assert log_odds(policy, now, before)["warehouse",] == pytest.approx(z)


def test_new_words_drive_and_usual_ones_do_not() -> None:
    assert terms([*surge("warehouse memo"), *CHATTER]) == ["warehouse memo"]


def test_nobody_makes_a_term_alone() -> None:
    assert terms([*[AuthoredText("loud", "warehouse")] * 500, *CHATTER]) == []
    assert terms([*surge("warehouse", 4), *CHATTER]) == []


def test_words_that_mostly_come_together_are_one_term_and_others_are_not() -> None:
    apart = surge("warehouse memo", 30) + surge("warehouse", 30, first=30) + surge("memo", 30, first=60)
    assert set(terms(apart)) == {"warehouse", "memo"}
    together = surge("warehouse memo", 30) + surge("warehouse", 4, first=30)
    assert terms(together) == ["warehouse memo"]


def test_the_same_texts_have_no_drivers() -> None:
    assert terms(USUAL) == []


def test_with_nothing_before_there_is_nothing_to_compare_with_and_no_error() -> None:
    assert isinstance(drivers(POLICY, surge("warehouse"), [], "en"), tuple)
    assert drivers(POLICY, [], USUAL, "en") == ()


def test_a_driver_says_how_many_use_it_now_and_before() -> None:
    [driver] = drivers(POLICY, surge("warehouse"), [*USUAL, AuthoredText("early", "warehouse")], "en")
    assert (driver.authors, driver.before) == (40, 1)
    assert driver.z > POLICY.least_z


said = st.lists(
    st.builds(AuthoredText, st.sampled_from("abcdefgh"), st.sampled_from(["memo ban", "ban", "dance", "", "memo"]))
)


@given(said, said)
def test_the_order_of_the_posts_does_not_matter(now: list[AuthoredText], before: list[AuthoredText]) -> None:
    easy = msgspec.structs.replace(POLICY, least_z=0.0, least_authors=1)
    found = drivers(easy, now, before, "en")
    assert found == drivers(easy, now[::-1], before[::-1], "en")
    assert all(driver.authors <= len({each.author for each in now}) for driver in found)
