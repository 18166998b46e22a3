"""The matrix says of many series at once what the stream says of each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processing.contract import BinState
from processing.detection.previous.detector import Bin, DetectorPolicy, DetectorState, Scored, step
from processing.detection.previous.matrix import Matrix, ScoredMatrix, score_matrix

START = datetime(2020, 7, 1, tzinfo=UTC)


def streamed(policy: DetectorPolicy, observed: Matrix, series: int, *, silent_before: bool) -> list[Scored]:
    state = DetectorState.begin(policy, silent_before=silent_before)
    rows = []
    for each, count in enumerate(observed.counts[series].tolist()):
        authors = np.nan if observed.authors is None else observed.authors[series, each]
        total = np.nan if observed.total is None else observed.total[series, each]
        state, row = step(
            policy,
            state,
            Bin(
                START + each * policy.width,
                None if np.isnan(count) else int(count),
                None if np.isnan(authors) else int(authors),
                alertable=observed.backfilled is None or not observed.backfilled[series, each],
                total=None if np.isnan(total) else int(total),
                surge=0 if observed.surge is None else int(observed.surge[series, each]),
            ),
        )
        rows.append(row)
    return rows


def assert_same(policy: DetectorPolicy, observed: Matrix, *, silent_before: bool = False) -> ScoredMatrix:
    scored = score_matrix(policy, observed, silent_before=silent_before)
    series, bins = observed.counts.shape
    for number in range(series):
        stream = streamed(policy, observed, number, silent_before=silent_before)
        matrix = list(scored.rows(number, START, policy, np.arange(bins)))
        for one, other in zip(stream, matrix, strict=True):
            assert other.expected == pytest.approx(one.expected, rel=1e-9, abs=1e-9), one
            assert other.score == pytest.approx(one.score, rel=1e-9, abs=1e-9), one
            assert (other.count, other.state, other.provisional) == (one.count, one.state, one.provisional), one
    return scored


def hostile(policy: DetectorPolicy, days: int, series: int, seed: int) -> np.ndarray:
    """Series with rhythms, near nothing, surges, outages and a silent start."""
    chance = np.random.default_rng(seed)
    bins = days * policy.bins_a_day
    time = np.arange(bins) / policy.bins_a_day
    rows = []
    for number in range(series):
        mean = [0.02, 0.5, 8.0, 60.0][number % 4]
        weekend = 0.2 if number % 3 == 0 else 1.0
        rhythm = (1.0 + 0.7 * np.sin(2 * np.pi * time)) * np.where(time.astype(int) % 7 > 4, weekend, 1.0)
        counts = chance.poisson(mean * rhythm).astype(float)
        for _ in range(days // 2):
            at, length = chance.integers(bins), chance.integers(1, policy.bins_a_day // 2)
            counts[at : at + length] += chance.poisson(10 * (1 + mean), len(counts[at : at + length]))
        for _ in range(days // 3):
            at, length = chance.integers(bins), chance.integers(1, policy.bins_a_day)
            counts[at : at + length] = np.nan
        if number % 5 == 0:
            counts[: policy.silence] = 0.0
        rows.append(counts)
    return np.array(rows)


@pytest.mark.parametrize(("minutes", "days", "series"), [(1, 3, 4), (5, 17, 6), (9, 9, 5), (60, 70, 12), (360, 60, 6)])
def test_the_matrix_equals_the_stream(minutes: int, days: int, series: int) -> None:
    policy = DetectorPolicy.for_bins(timedelta(minutes=minutes))
    scored = assert_same(policy, Matrix(hostile(policy, days, series, minutes)))
    assert scored.spike.any()


def test_the_matrix_equals_the_stream_where_the_weeks_win() -> None:
    policy = DetectorPolicy.for_bins(timedelta(minutes=60))
    days = np.arange(50 * 24) // 24
    counts = np.random.default_rng(2).poisson(np.where(days % 7 > 4, 5.0, 80.0), (3, len(days))).astype(float)
    counts[1, 700:760] = np.nan
    expected = assert_same(policy, Matrix(counts)).expected
    assert (expected[:, 47 * 24 : 49 * 24] < 15.0).all()


def test_the_matrix_equals_the_stream_with_all_that_can_be_known() -> None:
    policy = DetectorPolicy.for_bins(timedelta(minutes=60))
    chance = np.random.default_rng(3)
    counts = hostile(policy, 20, 8, 11)
    authors = np.where(chance.random(counts.shape) < 0.3, np.nan, chance.integers(0, 9, counts.shape))
    total = np.nan_to_num(counts) + chance.poisson(40, counts.shape)
    surge = chance.integers(1, 4000, counts.shape) * (chance.random(counts.shape) < 0.3)
    observed = Matrix(counts, authors, chance.random(counts.shape) < 0.2, total, surge.astype(float))
    assert_same(policy, observed, silent_before=True)
    assert_same(policy, observed)


@pytest.mark.parametrize("minutes", [5, 20])
def test_a_language_beside_a_surge_is_judged_alike(minutes: int) -> None:
    policy = DetectorPolicy.for_bins(timedelta(minutes=minutes))
    chance = np.random.default_rng(minutes)
    counts = chance.poisson(0.05, (6, 9 * policy.bins_a_day)).astype(float)
    surge = np.zeros(counts.shape)
    for at in range(0, counts.shape[1], policy.bins_a_day):
        surge[:, at : at + policy.half_hour * 4] = chance.integers(10, 2500, (6, 1))
        counts[:, at : at + policy.half_hour * 2] += chance.poisson(1.0, (6, policy.half_hour * 2))
    joined = assert_same(policy, Matrix(counts, surge=surge)).spike
    assert joined.sum() > score_matrix(policy, Matrix(counts)).spike.sum()


@settings(max_examples=40)
@given(
    counts=st.lists(st.one_of(st.none(), st.integers(0, 3), st.integers(0, 900)), min_size=1, max_size=200),
    silent_before=st.booleans(),
)
def test_any_series_is_judged_alike(counts: list[int | None], silent_before: bool) -> None:
    policy = msgspec.structs.replace(DetectorPolicy.for_bins(timedelta(minutes=60)), enter=1.0)
    matrix = np.array([[np.nan if count is None else count for count in counts]], dtype=float)
    assert_same(policy, Matrix(matrix), silent_before=silent_before)


def test_no_series_and_no_bins_are_no_rows() -> None:
    policy = DetectorPolicy.for_bins(timedelta(minutes=60))
    assert score_matrix(policy, Matrix(np.zeros((0, 5)))).score.shape == (0, 5)
    assert score_matrix(policy, Matrix(np.zeros((3, 0)))).score.shape == (3, 0)


def test_a_row_has_the_states_of_the_stream() -> None:
    policy = DetectorPolicy.for_bins(timedelta(minutes=60))
    counts = np.array([[10.0] * 100 + [np.nan, 400.0]])
    rows = score_matrix(policy, Matrix(counts)).rows(0, START, policy, np.array([0, 50, 100, 101]))
    assert [row.state for row in rows] == [BinState.WARMING, BinState.QUIET, BinState.UNKNOWN, BinState.SPIKE]


@pytest.mark.parametrize("posts", [150_000, 10**6, 10**9])
def test_a_surge_beyond_all_measure_has_the_same_score(posts: int) -> None:
    policy = DetectorPolicy.for_bins(timedelta(minutes=5))
    scored = assert_same(policy, Matrix(np.array([[0.0, 0.0, posts]])), silent_before=True)
    assert 100.0 < scored.score[0, -1] < np.inf
