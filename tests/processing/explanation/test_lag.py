"""By how many minutes one series follows another: simulated pairs, of which the lag is known."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from processing.explanation.lag import REACH, Counts, Lag, lags
from processing.explanation.leading import counted, led, usual_by_hour
from tests.conftest import NOON
from tests.support.waves import BEFORE, HERE, SINCE, pair, waves

PAIRS = 40


def lag_of(counts: Counts, expected: Counts) -> Lag:
    [_, found] = lags(counts, expected, 0, SINCE)
    assert found is not None
    return found


@pytest.mark.parametrize(("bursts", "sure"), [(0.0, 0.7), (0.25, 0.3)])
def test_known_lags_are_found_and_the_interval_holds_them_as_often_as_it_says(bursts: float, sure: float) -> None:
    chance = np.random.default_rng(1)
    true = chance.integers(-30, 31, PAIRS)
    found = [lag_of(*pair(chance, int(each), bursts=bursts)) for each in true]
    held = sum(one.low <= each <= one.high for one, each in zip(found, true, strict=True))
    assert held >= 0.85 * PAIRS  # 95 of 100 are expected; fewer than 34 of 40 have a chance of 1 in 200
    assert abs(np.mean([one.minutes - each for one, each in zip(found, true, strict=True)])) < 2
    decided = [one.minutes * each for one, each in zip(found, true, strict=True) if one.is_decided]
    assert len(decided) >= sure * PAIRS
    assert sum(each < 0 for each in decided) <= 0.05 * PAIRS


@pytest.mark.parametrize("bursts", [0.0, 0.25])
def test_of_series_that_come_at_once_none_is_said_to_lead(bursts: float) -> None:
    chance = np.random.default_rng(2)
    found = [lag_of(*pair(chance, 0, bursts=bursts)) for _ in range(PAIRS)]
    assert all(each.is_related for each in found)
    assert sum(each.is_decided for each in found) <= 0.15 * PAIRS


def test_of_independent_series_none_is_said_to_follow() -> None:
    """The second surge lies anywhere in the time: near the first it may be taken for one that follows."""
    chance = np.random.default_rng(3)
    minutes = BEFORE + HERE
    decided = related = 0
    for _ in range(PAIRS):
        later = int(chance.integers(-BEFORE, HERE))
        found = lags(*pair(chance, later), 0, SINCE)[1]
        near = abs(later) <= REACH
        related += bool(found and found.is_related and not near)
        decided += bool(found and found.is_decided and not near)
    assert minutes > (2 * REACH + 1) / 0.05
    assert related <= 0.1 * PAIRS
    assert decided <= 0.1 * PAIRS


def test_equal_arrays_give_an_equal_answer_and_another_seed_another_draw() -> None:
    counts, expected = pair(np.random.default_rng(4), 9)
    assert lags(counts, expected, 0, SINCE) == lags(counts.copy(), expected.copy(), 0, SINCE)


def test_a_series_without_excess_has_no_lag() -> None:
    counts, expected = pair(np.random.default_rng(5), 9)
    counts[1] = 0
    assert lags(counts, expected, 0, SINCE) == [None, None]


def test_the_language_that_came_first_leads_though_another_has_more_posts() -> None:
    chance = np.random.default_rng(6)
    counts, expected = waves(chance, delays=(20, 0, 35, 20), peaks=(25.0, 8.0, 6.0, 0.1))
    found = led(("en", "ar", "fr", "ko"), counts, expected, SINCE, start=NOON)
    assert found is not None
    assert found.leader == "ar"
    assert [each.language for each in found.followers] == ["en", "fr"]
    for each, true in zip(found.followers, (20, 35), strict=True):
        assert each.lag.low <= true <= each.lag.high
    assert set(found.undecided) <= {"ko"}


def test_where_nobody_follows_for_certain_nothing_is_said() -> None:
    counts, expected = waves(np.random.default_rng(7), delays=(0, 0), peaks=(20.0, 6.0))
    assert led(("en", "ar"), counts, expected, SINCE, start=NOON) is None


def test_what_is_usual_of_an_hour_is_the_median_of_the_days_that_are_known() -> None:
    hours = np.zeros((2, 4 * 24))
    hours[0, 24 + 3] = hours[0, 48 + 3] = 6
    hours[0, 72 + 3] = 600
    hours[1, 24:] = 1
    usual = usual_by_hour(hours)
    assert usual[0, 3] == 6
    assert usual[1].tolist() == [1.0] * 24
    assert usual_by_hour(np.zeros((1, 48))).tolist() == [[0.0] * 24]


@pytest.mark.parametrize(("minute", "column"), [(0, 0), (59, 59)])
def test_rows_stand_in_the_column_of_their_minute(minute: int, column: int) -> None:
    rows = [("ar", NOON + timedelta(minutes=minute), 4)]
    found = counted(rows, ("en", "ar"), NOON, NOON + timedelta(hours=1), timedelta(minutes=1))
    assert found.shape == (2, 60)
    assert found[1, column] == found.sum() == 4
