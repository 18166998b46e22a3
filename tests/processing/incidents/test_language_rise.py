"""Which languages a surge has: those that rose by more than mistaken languages and chance explain."""

from __future__ import annotations

import numpy as np
import pytest

from processing.incidents.language_rise import LanguageCounts, languages_that_rose


def counts(language: str, posts: int, before: int = 0, people: int | None = None) -> LanguageCounts:
    return LanguageCounts(language, posts, posts if people is None else people, before, 7)


def test_languages_that_rose_are_named_with_the_clearest_first() -> None:
    languages = [counts("de", 9, 7), counts("en", 300, 140), counts("ar", 40, 14), counts("fr", 3, 14), counts("sw", 0)]
    assert languages_that_rose(352, languages) == ("en", "ar", "de")


@pytest.mark.parametrize(("posts", "people", "named"), [(2, 2, False), (3, 3, True), (9, 2, False), (9, 3, True)])
def test_fewer_than_three_posts_or_people_name_nothing(posts: int, people: int, *, named: bool) -> None:
    assert (languages_that_rose(50, [counts("sw", posts, people=people)]) == ("sw",)) is named


def test_posts_that_are_mistaken_for_a_language_do_not_name_it() -> None:
    """Of twenty thousand posts ten are taken for Swahili; of fifty, ten would be Swahili."""
    assert languages_that_rose(20_000, [counts("sw", 12)]) == ()
    assert languages_that_rose(50, [counts("sw", 12)]) == ("sw",)


def test_among_many_quiet_languages_hardly_any_is_named() -> None:
    chance = np.random.default_rng(1)
    wrong = 0
    for _ in range(400):
        rates = chance.uniform(0.05, 20.0, 40)
        before, now = chance.poisson(7 * rates), chance.poisson(rates + 500 / 2000)
        wrong += bool(languages_that_rose(500, [counts(str(n), int(now[n]), int(before[n])) for n in range(40)]))
    assert wrong <= 8
