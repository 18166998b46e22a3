"""The detector: what it finds, what it leaves alone, and that a row never depends on what comes after it."""

from __future__ import annotations

import csv
import gzip
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processing.contract import Severity
from processing.detection.episode import EpisodeKind, severity
from processing.detection.policy import DetectorPolicy
from processing.detection.return_level import level
from processing.detection.series import Block, Key, SeriesEvent, SeriesSet
from processing.detection.timeline import Floats
from tests.benchmarks.spikes import scored, told
from tests.support.spike_series import labelled

START = datetime(2020, 7, 1, tzinfo=UTC)
POLICY = DetectorPolicy.for_bins(timedelta(minutes=5))
DAY = POLICY.fast.day


def rhythm(days: int, *, mean: float, seed: int = 1) -> Floats:
    """Poisson counts with a rhythm of the day, `mean` posts a bin."""
    time = np.arange(days * DAY) / DAY
    return np.random.default_rng(seed).poisson(mean * (1.0 + 0.6 * np.sin(2 * np.pi * time))).astype(float)


def events(counts: Floats, backfilled: Floats | None = None) -> list[SeriesEvent]:
    filled = None if backfilled is None else backfilled[None]
    return SeriesSet(POLICY, [Key("ban", "*")]).step(Block(START, counts[None], filled))


@pytest.mark.parametrize("minutes", [1, 5, 15, 30, 60, 120])
def test_a_surge_on_an_ordinary_day_is_found_within_half_an_hour_or_three_bins(minutes: int) -> None:
    policy = DetectorPolicy.for_bins(timedelta(minutes=minutes))
    counts = np.random.default_rng(2).poisson(minutes / 3, (1, 10 * policy.fast.day)).astype(float)
    at = 9 * policy.fast.day
    counts[0, at:] += 3 * minutes
    found = SeriesSet(policy, [Key("ban", "*")]).step(Block(START, counts))
    [first, *_] = [each.at for each in found if each.kind is EpisodeKind.OPENED]
    assert timedelta(0) < first - (START + at * policy.width) <= max(timedelta(minutes=30), 3 * policy.width)


def test_ordinary_weeks_of_thirty_series_hardly_ever_alert() -> None:
    alerts = sum(len(told(POLICY, rhythm(21, mean=0.5 * (1 + seed), seed=seed))) for seed in range(30))
    assert alerts <= 0.25 * 30 * 3


def test_only_rises_count() -> None:
    counts = rhythm(12, mean=30.0)
    counts[-DAY:] = np.floor(counts[-DAY:] / 10)
    assert len(told(POLICY, counts)) == len(told(POLICY, counts[:-DAY]))


def test_a_surge_does_not_raise_the_expectation_of_the_next_day() -> None:
    counts = rhythm(12, mean=2.0)
    calm = scored(POLICY, counts)[1]
    counts[10 * DAY : 10 * DAY + 24] += 100
    surged = scored(POLICY, counts)[1]
    behind = slice(11 * DAY - 40, 11 * DAY + 60)
    assert np.all(surged[behind] <= calm[behind] * 1.5 + 0.5)


def test_backfill_opens_nothing_but_is_the_past_of_what_follows() -> None:
    counts, backfilled = rhythm(9, mean=1.0), np.zeros(9 * DAY)
    counts[8 * DAY : 8 * DAY + 12] += 50
    assert events(counts)[0].kind is EpisodeKind.OPENED
    backfilled[8 * DAY : 8 * DAY + 12] = 50
    assert events(counts, backfilled) == []


def test_unknown_is_not_zero() -> None:
    counts = rhythm(12, mean=20.0)
    counts[9 * DAY : 10 * DAY] = np.nan
    assert len(told(POLICY, counts)) == 0
    expected = scored(POLICY, counts)[1][-DAY:]
    assert expected.mean() == pytest.approx(20.0, rel=0.1)


def test_a_spike_lasts_until_the_score_has_been_low_for_an_hour() -> None:
    counts = rhythm(10, mean=1.0)
    counts[9 * DAY : 9 * DAY + 6] += 40
    ended = events(counts)[-1]
    assert ended.kind is EpisodeKind.ENDED
    assert ended.episode.end is not None
    assert ended.at - ended.episode.end == timedelta(hours=1)


@pytest.mark.parametrize("width", [timedelta(seconds=30), timedelta(minutes=7), timedelta(hours=12), timedelta(0)])
def test_widths_that_cannot_be_judged_are_refused(width: timedelta) -> None:
    with pytest.raises(ValueError, match="cannot be judged"):
        DetectorPolicy.for_bins(width)


@pytest.mark.parametrize(
    ("score", "ratio", "expected"),
    [(3.0, 5.0, "extreme"), (3.0, 4.9, "major"), (2.0, 3.0, "major"), (1.9, 9.0, "notable"), (9.0, 2.9, "notable")],
)
def test_severity_asks_for_rarity_and_size(score: float, ratio: float, expected: Severity) -> None:
    assert severity(score, ratio) is Severity(expected)


def test_a_level_goes_on_where_its_probability_is_too_small_for_a_number() -> None:
    below, above, beyond = level(np.array([700.0, 760.0, 1e6]))
    assert below < above < beyond
    assert above == pytest.approx(760 * math.log10(math.e))
    assert level(np.array([-7.0]))[0] == 0.0


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), cut=st.integers(1, 4 * DAY - 1))
def test_what_comes_later_never_changes_an_earlier_row(seed: int, cut: int) -> None:
    counts = np.random.default_rng(seed).poisson(0.7, 4 * DAY).astype(float)
    counts[cut // 2 : cut // 2 + 9] += 30
    whole, part = scored(POLICY, counts), scored(POLICY, counts[:cut])
    np.testing.assert_array_equal(whole[0][:cut], part[0])
    np.testing.assert_array_equal(whole[1][:cut], part[1])


@pytest.mark.parametrize("name", ["AAPL", "CRM", "FB", "IBM", "PFE"])
def test_eight_weeks_of_a_real_series_hold_a_few_spikes(name: str, real_data: Path) -> None:
    with gzip.open(real_data / "series" / "tweet-volumes" / f"Twitter_volume_{name}.csv.gz", "rt") as file:
        counts = np.array([float(row[1]) for row in list(csv.reader(file))[1:]])
    assert 2 <= len(told(POLICY, counts)) <= 20


@pytest.mark.parametrize("shift", [-12, 12])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_change_of_daylight_saving_is_no_surge(shift: int, seed: int) -> None:
    counts = rhythm(28, mean=20.0, seed=seed)
    counts[14 * DAY :] = np.roll(counts, shift)[14 * DAY :]
    assert len(told(POLICY, counts)) == 0


def test_a_wished_number_of_false_alerts_is_a_threshold() -> None:
    thresholds = [POLICY.with_false_alerts(wish).enter for wish in (0.25, 0.5, 1.0)]
    assert thresholds == sorted(thresholds, reverse=True)
    for wish in (0.0, 3.5):
        with pytest.raises(ValueError, match="cannot be had"):
            POLICY.with_false_alerts(wish)


def test_thresholds_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="ends no higher than it begins"):
        POLICY.with_thresholds(1.0, 1.2)
    assert POLICY.with_thresholds(0.5, None).leave == 0.5


def test_the_labelled_windows_are_found(real_data: Path) -> None:
    series = labelled(real_data)
    alerts = {name: told(POLICY, counts) for name, counts in series.counts.items()}
    assert series.windows_found(alerts) >= 13
    assert series.false_alerts_a_week(alerts) <= 0.7
