"""The detector: what it finds, what it leaves alone, and that a row never depends on what comes after it."""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processing.contract import BinState, Severity
from processing.detection.previous.detector import (
    Bin,
    DetectorPolicy,
    DetectorState,
    OutOfOrder,
    Scored,
    severity,
    step,
)
from processing.detection.previous.return_level import level
from tests.benchmarks.spikes import told
from tests.support.spike_series import labelled

START = datetime(2020, 7, 1, tzinfo=UTC)
FIVE_MINUTES = DetectorPolicy.for_bins(timedelta(minutes=5))
HOURS = DetectorPolicy.for_bins(timedelta(hours=1))


def bins(policy: DetectorPolicy, counts: Iterable[int | None]) -> list[Bin]:
    return [Bin(START + number * policy.width, count) for number, count in enumerate(counts)]


def score(
    policy: DetectorPolicy, observed: Iterable[Bin], state: DetectorState | None = None
) -> tuple[DetectorState, list[Scored]]:
    state = DetectorState.begin(policy) if state is None else state
    rows = []
    for each in observed:
        state, row = step(policy, state, each)
        rows.append(row)
    return state, rows


def rhythm(policy: DetectorPolicy, days: int, *, mean: float, seed: int = 1) -> np.ndarray:
    """Poisson counts with a rhythm of the day, `mean` posts a bin."""
    time = np.arange(days * policy.bins_a_day) / policy.bins_a_day
    return np.random.default_rng(seed).poisson(mean * (1.0 + 0.6 * np.sin(2 * np.pi * time)))


def first_spike(rows: Sequence[Scored]) -> int | None:
    return next((number for number, row in enumerate(rows) if row.state is BinState.SPIKE), None)


@pytest.mark.parametrize("minutes", [1, 5, 60])
def test_a_surge_on_an_ordinary_day_is_found_within_half_an_hour_or_three_bins(minutes: int) -> None:
    policy = DetectorPolicy.for_bins(timedelta(minutes=minutes))
    counts = rhythm(policy, 9, mean=minutes * 2.0)
    surge = 8 * policy.bins_a_day + policy.bins_a_day // 3
    counts[surge : surge + policy.hold] += minutes * 30
    _, rows = score(policy, bins(policy, counts.tolist()))
    assert first_spike(rows) in range(surge, surge + max(3, 30 // minutes))
    assert rows[surge].ratio > 3.0
    assert not rows[surge].provisional


def test_ordinary_weeks_of_thirty_series_hardly_ever_alert() -> None:
    alerts = 0
    for seed in range(30):
        _, rows = score(HOURS, bins(HOURS, rhythm(HOURS, 21, mean=20.0, seed=seed).tolist()))
        alerts += first_spike(rows) is not None
    assert alerts <= 6


def test_only_rises_count() -> None:
    counts = rhythm(FIVE_MINUTES, 8, mean=30.0)
    counts[-100:] = 0
    _, rows = score(FIVE_MINUTES, bins(FIVE_MINUTES, counts.tolist()))
    assert {row.score for row in rows[-100:]} == {0.0}


def test_a_surge_does_not_raise_the_expectation_of_the_next_day() -> None:
    counts = [10] * (10 * HOURS.bins_a_day)
    counts[8 * 24 + 12] = 900
    _, rows = score(HOURS, bins(HOURS, counts))
    assert rows[8 * 24 + 12].state is BinState.SPIKE
    assert rows[9 * 24 + 12].expected == 10.0


def test_an_archive_that_begins_in_the_middle_of_talk_is_warming_then_quiet() -> None:
    _, rows = score(FIVE_MINUTES, bins(FIVE_MINUTES, [200, 180, 220, 190] * 72))
    states = [row.state for row in rows]
    assert states == [BinState.WARMING] * FIVE_MINUTES.warm + [BinState.QUIET] * (288 - FIVE_MINUTES.warm)
    assert max(row.score for row in rows) < FIVE_MINUTES.leave


def test_a_topic_from_known_silence_is_found_in_its_first_half_hour() -> None:
    state = DetectorState.begin(FIVE_MINUTES, silent_before=True)
    _, rows = score(FIVE_MINUTES, bins(FIVE_MINUTES, [0, 1, 4, 9, 12, 15]), state)
    assert first_spike(rows) == 3
    assert rows[3].provisional is False


def test_two_nearly_empty_hours_are_taken_for_silence() -> None:
    empty = [0] * FIVE_MINUTES.silence
    _, rows = score(FIVE_MINUTES, bins(FIVE_MINUTES, [*empty, 1, 4, 9, 12]))
    assert first_spike(rows) == len(empty) + 2


def test_known_silence_is_the_same_as_two_days_of_empty_bins() -> None:
    counts = [0, 2, 5, 11, 3]
    _, told = score(FIVE_MINUTES, bins(FIVE_MINUTES, counts), DetectorState.begin(FIVE_MINUTES, silent_before=True))
    taking_nothing_for_silence = msgspec.structs.replace(FIVE_MINUTES, silent_posts=-1)
    empty = [0] * (2 * FIVE_MINUTES.bins_a_day + FIVE_MINUTES.block_age)
    _, lived = score(taking_nothing_for_silence, bins(FIVE_MINUTES, empty + counts))
    assert [row.score for row in told] == pytest.approx([row.score for row in lived[len(empty) :]], abs=1e-9)


@pytest.mark.parametrize(
    ("counts", "authors"),
    [([2, 2, 2, 2, 1], None), ([60, 80, 90], 4)],
    ids=["nine posts in half an hour", "four authors"],
)
def test_too_little_is_no_spike(counts: list[int], authors: int | None) -> None:
    state, _ = score(FIVE_MINUTES, bins(FIVE_MINUTES, [0] * 600))
    later = START + 600 * FIVE_MINUTES.width
    rows = score(
        FIVE_MINUTES,
        [Bin(later + number * FIVE_MINUTES.width, count, authors) for number, count in enumerate(counts)],
        state,
    )[1]
    assert {row.score for row in rows} == {0.0}


def test_five_authors_are_enough() -> None:
    state, _ = score(FIVE_MINUTES, bins(FIVE_MINUTES, [0] * 600))
    _, row = step(FIVE_MINUTES, state, Bin(START + 600 * FIVE_MINUTES.width, 60, authors=5))
    assert row.state is BinState.SPIKE


def test_backfill_opens_nothing_but_what_follows_it_may() -> None:
    state, _ = score(HOURS, bins(HOURS, [5] * 240))
    _, history = step(HOURS, state, Bin(START + 240 * HOURS.width, 500, alertable=False))
    _, live = step(HOURS, state, Bin(START + 241 * HOURS.width, 500))
    assert history.score > HOURS.enter
    assert (history.state, live.state) == (BinState.QUIET, BinState.SPIKE)


def test_unknown_is_not_zero() -> None:
    counts: list[int | None] = [10] * (8 * 24)
    counts[24:72] = [None] * 48
    _, rows = score(HOURS, bins(HOURS, counts))
    assert {row.state for row in rows[24:72]} == {BinState.UNKNOWN}
    assert {row.expected for row in rows[100:]} == {10.0}


@pytest.mark.parametrize("missing", [1, 200, 9000])
def test_bins_left_out_are_unknown_bins(missing: int) -> None:
    before, after = rhythm(HOURS, 10, mean=8.0).tolist(), [9, 70, 80, 12]
    all_bins = bins(HOURS, [*before, *[None] * missing, *after])
    _, filled = score(HOURS, all_bins)
    _, with_gap = score(HOURS, all_bins[: len(before)] + all_bins[-len(after) :])
    assert with_gap[-4:] == filled[-4:]


@settings(deadline=None, max_examples=30)
@given(
    days=st.integers(0, 50),
    seed=st.integers(0, 9),
    missing=st.integers(28 * 24, 40 * 24),
    total=st.sampled_from([None, 90]),
)
def test_weeks_left_out_leave_what_stepping_through_them_leaves(
    days: int, seed: int, missing: int, total: int | None
) -> None:
    counts = [*rhythm(HOURS, days, mean=8.0, seed=seed).tolist(), *([70] * seed), 3]
    known = [Bin(each.start, each.count, total=total) for each in bins(HOURS, counts)]
    skipped, stepped = DetectorState.begin(HOURS), DetectorState.begin(HOURS)
    for state in (skipped, stepped):
        for each in known:
            step(HOURS, state, each)
    for number in range(len(known), len(known) + missing):
        step(HOURS, stepped, Bin(START + number * HOURS.width, None))
    behind = Bin(START + (len(known) + missing) * HOURS.width, 12, total=total)
    assert step(HOURS, skipped, behind)[1] == step(HOURS, stepped, behind)[1]
    assert skipped.to_json() == stepped.to_json()


def test_a_spike_lasts_until_the_score_has_been_low_for_an_hour() -> None:
    counts = [4] * 288 * 3 + [80, 80, 80] + [4] * 30
    _, rows = score(FIVE_MINUTES, bins(FIVE_MINUTES, counts))
    spike = [number for number, row in enumerate(rows) if row.state is BinState.SPIKE]
    raised = [number for number, row in enumerate(rows) if row.score >= FIVE_MINUTES.leave]
    assert spike == list(range(raised[0], raised[-1] + FIVE_MINUTES.hold))


def test_a_spike_does_not_outlast_an_outage() -> None:
    state, rows = score(HOURS, bins(HOURS, [5] * 240 + [400, 400]))
    _, later = step(HOURS, state, Bin(START + 260 * HOURS.width, 5))
    assert rows[-1].state is BinState.SPIKE
    assert later.state is BinState.QUIET


def test_an_earlier_or_equal_bin_is_refused_and_changes_nothing() -> None:
    state, _ = score(HOURS, bins(HOURS, [1, 2, 3]))
    before = state.to_json()
    for hour in (1, 2):
        with pytest.raises(OutOfOrder, match="not later"):
            step(HOURS, state, Bin(START + hour * HOURS.width, 1))
    assert state.to_json() == before


def test_a_start_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        step(HOURS, DetectorState.begin(HOURS), Bin(START.replace(tzinfo=None), 1))


@pytest.mark.parametrize("width", [timedelta(seconds=30), timedelta(minutes=7), timedelta(days=1)])
def test_widths_that_cannot_be_judged_are_refused(width: timedelta) -> None:
    with pytest.raises(ValueError, match="cannot be judged"):
        DetectorPolicy.for_bins(width)


@pytest.mark.parametrize("minutes", [n for n in range(1, 361) if 360 % n == 0])
def test_every_width_that_divides_six_hours_works(minutes: int) -> None:
    policy = DetectorPolicy.for_bins(timedelta(minutes=minutes))
    counts = [10] * (3 * policy.bins_a_day) + [300] * 3
    _, rows = score(policy, bins(policy, counts))
    assert rows[-1].state is BinState.SPIKE
    assert {row.state for row in rows[policy.warm : -3]} == {BinState.QUIET}


def test_a_state_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="saved for bins of 1:00:00"):
        DetectorState.from_json(FIVE_MINUTES, DetectorState.begin(HOURS).to_json())
    with pytest.raises(ValueError, match="Not the state"):
        DetectorState.from_json(HOURS, b"{}")


@pytest.mark.parametrize(
    ("level", "ratio", "expected"),
    [
        (1.5, 99.0, Severity.NOTABLE),
        (2.0, 3.0, Severity.MAJOR),
        (9.0, 4.9, Severity.MAJOR),
        (3.0, 5.0, Severity.EXTREME),
    ],
)
def test_severity_asks_for_rarity_and_size(level: float, ratio: float, expected: Severity) -> None:
    assert severity(level, ratio) is expected


def test_the_levels_explain_the_score() -> None:
    state, _ = score(HOURS, bins(HOURS, rhythm(HOURS, 12, mean=9.0).tolist()))
    _, row = step(HOURS, state, Bin(START + 12 * 24 * HOURS.width, 60))
    assert len(row.levels) == 4
    bin_alone, long = min(row.levels[:2]), min(row.levels[2:])
    assert row.score == pytest.approx(0.3 * bin_alone + 0.7 * long)


def test_an_ordinary_bin_behind_a_surge_is_not_raised() -> None:
    counts = [10] * (9 * 288) + [200] * 5 + [11]
    _, rows = score(FIVE_MINUTES, bins(FIVE_MINUTES, counts))
    assert min(rows[-1].levels[2:]) > 3.0
    assert rows[-1].score == pytest.approx(3.0 * min(rows[-1].levels[:2]))
    assert rows[-1].score < FIVE_MINUTES.leave


@pytest.mark.parametrize("posts", [150_000, 10**6, 10**9])
def test_a_surge_beyond_all_measure_has_a_score(posts: int) -> None:
    scored = [
        step(FIVE_MINUTES, DetectorState.begin(FIVE_MINUTES, silent_before=True), Bin(START, count))[1]
        for count in (posts, 2 * posts)
    ]
    assert 100.0 < scored[0].score < scored[1].score < math.inf


def test_a_level_goes_on_where_its_probability_is_too_small_for_a_number() -> None:
    assert level(744.0) < level(745.0) < level(746.0)
    assert level(1e6) == pytest.approx(1e6 * math.log10(math.e))


counts_of_hours = st.lists(st.one_of(st.none(), st.integers(0, 12), st.integers(0, 2000)), min_size=1, max_size=400)


@settings(deadline=None, max_examples=60)
@given(counts=counts_of_hours, cut=st.integers(0, 400))
def test_what_comes_later_never_changes_an_earlier_row(counts: list[int | None], cut: int) -> None:
    _, whole = score(HOURS, bins(HOURS, counts))
    _, prefix = score(HOURS, bins(HOURS, counts)[:cut])
    assert whole[:cut] == prefix


@settings(deadline=None, max_examples=60)
@given(counts=counts_of_hours, cut=st.integers(0, 400))
def test_a_restored_state_goes_on_as_if_never_stopped(counts: list[int | None], cut: int) -> None:
    series = bins(HOURS, counts)
    _, whole = score(HOURS, series)
    state, before = score(HOURS, series[:cut])
    _, after = score(HOURS, series[cut:], DetectorState.from_json(HOURS, state.to_json()))
    assert before + after == whole


def test_a_state_stays_small() -> None:
    state, _ = score(FIVE_MINUTES, bins(FIVE_MINUTES, rhythm(FIVE_MINUTES, 16, mean=50.0).tolist()))
    assert len(state.to_json()) < 24_000


@pytest.mark.parametrize("name", ["AAPL", "CRM", "FB", "IBM", "PFE"])
def test_eight_weeks_of_a_real_series_hold_a_few_spikes(name: str, real_data: Path) -> None:
    path = real_data / "series" / "tweet-volumes" / f"Twitter_volume_{name}.csv.gz"
    with gzip.open(path, "rt") as file:
        counts = [int(count) for _, count in list(csv.reader(file))[1:]]
    _, rows = score(FIVE_MINUTES, bins(FIVE_MINUTES, counts))
    states = [row.state for row in rows]
    spikes = sum(now is BinState.SPIKE and before is not now for before, now in pairwise(states))
    assert 1 <= spikes <= 16


def test_a_quiet_weekend_is_expected_from_the_fifth_week_on() -> None:
    days = np.arange(42 * 24) // 24
    counts = np.random.default_rng(4).poisson(np.where(days % 7 > 4, 5.0, 80.0))
    _, rows = score(HOURS, bins(HOURS, counts.tolist()))
    saturday = slice(40 * 24, 41 * 24)
    assert max(row.expected for row in rows[saturday]) < 15.0
    assert min(row.expected for row in rows[33 * 24 : 34 * 24]) > 40.0
    assert first_spike(rows[35 * 24 :]) is None


def test_a_series_without_a_week_in_it_keeps_to_its_days() -> None:
    state, _ = score(HOURS, bins(HOURS, rhythm(HOURS, 45, mean=30.0).tolist()))
    assert state.baseline.weekly >= 0.0
    assert not state.baseline.rivals.weekly


@pytest.mark.parametrize("shift", [-12, 12])
@pytest.mark.parametrize("seed", range(4))
def test_a_change_of_daylight_saving_is_no_surge(shift: int, seed: int) -> None:
    day = np.sin(2 * np.pi * np.arange(288) / 288)
    hours = [np.roll(day, shift if number >= 14 else 0) for number in range(21)]
    counts = np.random.default_rng(seed).poisson(25.0 * (1.0 + 0.6 * np.concatenate(hours)))
    _, rows = score(FIVE_MINUTES, bins(FIVE_MINUTES, counts.tolist()))
    assert first_spike(rows[14 * 288 :]) is None


@pytest.mark.parametrize("month", [3, 10])
def test_bins_told_in_local_time_go_on_through_a_change_of_daylight_saving(month: int) -> None:
    begin = datetime(2020, month, 20, tzinfo=UTC)
    in_utc = [Bin(begin + hour * HOURS.width, 10 + hour % 24) for hour in range(12 * 24)]
    local = [msgspec.structs.replace(each, start=each.start.astimezone(ZoneInfo("Europe/Berlin"))) for each in in_utc]
    assert [row.expected for row in score(HOURS, local)[1]] == [row.expected for row in score(HOURS, in_utc)[1]]


def test_a_series_of_hardly_any_posts_never_alerts() -> None:
    counts = np.random.default_rng(5).poisson(0.03, 30 * 288).tolist()
    _, rows = score(FIVE_MINUTES, bins(FIVE_MINUTES, counts))
    assert {row.score for row in rows} == {0.0}
    assert min(row.expected for row in rows[1:]) >= FIVE_MINUTES.floor


def test_the_first_bin_of_a_topic_from_silence_can_be_a_spike() -> None:
    _, row = step(FIVE_MINUTES, DetectorState.begin(FIVE_MINUTES, silent_before=True), Bin(START, 40))
    assert row.state is BinState.SPIKE


def test_what_was_backfilled_counts_as_the_past_of_what_follows() -> None:
    history = [Bin(START + number * HOURS.width, 40, alertable=False) for number in range(9 * 24)]
    live = [Bin(START + number * HOURS.width, 40) for number in range(9 * 24, 10 * 24)]
    _, rows = score(HOURS, [*history, *live])
    assert rows[-1].expected == 40.0
    assert first_spike(rows) is None


def busy(day_of_rush: int, surge: int) -> list[Bin]:
    """Twelve days; on one the source delivers four times as much of everything, and a surge at its noon."""
    hours = np.arange(12 * 24)
    rush = np.where(hours // 24 == day_of_rush, 4, 1)
    counts = np.random.default_rng(6).poisson(20 * rush)
    counts[day_of_rush * 24 + 12] += surge
    total = counts + np.random.default_rng(7).poisson(400 * rush)
    return [Bin(START + hour * HOURS.width, int(counts[hour]), total=int(total[hour])) for hour in hours.tolist()]


def test_by_share_a_busy_source_is_no_surge_of_a_topic() -> None:
    by_share = score(HOURS, busy(10, 0))[1]
    by_posts = score(HOURS, [msgspec.structs.replace(each, total=None) for each in busy(10, 0)])[1]
    assert first_spike(by_posts) is not None
    assert first_spike(by_share) is None
    assert by_share[10 * 24 + 12].expected == pytest.approx(80.0, rel=0.2)


def test_by_share_a_surge_does_not_excuse_itself() -> None:
    rows = score(HOURS, busy(10, 600))[1]
    assert first_spike(rows) == 10 * 24 + 12
    assert rows[10 * 24 + 12].expected == pytest.approx(80.0, rel=0.2)


@settings(deadline=None, max_examples=40)
@given(counts=counts_of_hours, cut=st.integers(0, 400), weeks=st.integers(0, 5))
def test_a_restored_state_of_a_share_goes_on_as_if_never_stopped(
    counts: list[int | None], cut: int, weeks: int
) -> None:
    known = [Bin(START + hour * HOURS.width, 5 + hour % 7, total=90) for hour in range(weeks * 168)]
    later = [
        Bin(START + (len(known) + number) * HOURS.width, count, total=None if count is None else count + 70)
        for number, count in enumerate(counts)
    ]
    series = known + later
    _, whole = score(HOURS, series)
    place = len(known) + min(cut, len(later))
    state, _ = score(HOURS, series[:place])
    _, after = score(HOURS, series[place:], DetectorState.from_json(HOURS, state.to_json()))
    assert after == whole[place:]


def test_a_wished_number_of_false_alerts_is_a_threshold() -> None:
    seldom, often = FIVE_MINUTES.with_false_alerts(0.1), FIVE_MINUTES.with_false_alerts(2.0)
    assert seldom.enter > FIVE_MINUTES.with_false_alerts(0.5).enter > often.enter >= often.leave
    assert FIVE_MINUTES.with_false_alerts(0.5).enter == pytest.approx(FIVE_MINUTES.enter, abs=0.05)
    with pytest.raises(ValueError, match="cannot be had"):
        FIVE_MINUTES.with_false_alerts(-1.0)


@pytest.mark.parametrize(("asked", "least", "most"), [(0.5, 0.25, 1.0), (1.0, 0.5, 2.0)])
def test_five_real_series_alert_falsely_about_as_often_as_asked(
    asked: float, least: float, most: float, real_data: Path
) -> None:
    series = labelled(real_data)
    policy = FIVE_MINUTES.with_false_alerts(asked)
    alerts = {name: told(policy, counts) for name, counts in series.counts.items()}
    assert least <= series.false_alerts_a_week(alerts) <= most


def test_thresholds_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match=r"cannot end below 2\.0 and begin at 1\.5"):
        FIVE_MINUTES.with_thresholds(None, 2.0)
    assert FIVE_MINUTES.with_thresholds(0.5, None).leave == 0.5


@settings(deadline=None, max_examples=30)
@given(counts=counts_of_hours, later=counts_of_hours)
def test_whatever_comes_later_leaves_the_rows_before_it(counts: list[int | None], later: list[int | None]) -> None:
    """Behind six weeks, so that the days and the weeks both speak."""
    past: list[int | None] = [4 + hour % 24 + 30 * (hour // 24 % 7 == 5) for hour in range(42 * 24)]
    _, without = score(HOURS, bins(HOURS, [*past, *counts]))
    _, followed = score(HOURS, bins(HOURS, [*past, *counts, *later]))
    assert followed[: len(without)] == without
