"""One detector over arrays: however a history is cut, ordered or kept, it gives the same events."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processing.contract import BinCount
from processing.detection.episode import EpisodeKind
from processing.detection.policy import DetectorPolicy
from processing.detection.series import Block, Key, OutOfOrder, SeriesEvent, SeriesSet
from processing.detection.timeline import Floats

WIDTH = timedelta(minutes=5)
POLICY = DetectorPolicy.for_bins(WIDTH)
HOURLY = DetectorPolicy.for_bins(timedelta(hours=1))
START = datetime(2020, 6, 1, tzinfo=UTC)
DAY = 288
TOLD = {EpisodeKind.OPENED, EpisodeKind.ESCALATED}
ALL = Key("ban", "*")


def keys(number: int) -> list[Key]:
    return [Key("ban", "*" if each == 0 else f"l{each}") for each in range(number)]


def milestones(found: Sequence[SeriesEvent]) -> list[SeriesEvent]:
    """Return the events that do not depend on where blocks end. Of GREW, a block has only its last one."""
    last = {each.key: each for each in found}
    return [each for each in found if each.kind is not EpisodeKind.GREW or last[each.key] is each]


def events(
    counts: Floats, total: Floats | None = None, policy: DetectorPolicy = POLICY, cuts: Sequence[int] = ()
) -> list[SeriesEvent]:
    """Of series that are cut into blocks at some bins."""
    series, found = SeriesSet(policy, keys(len(counts))), []
    for first, end in zip([0, *cuts], [*cuts, counts.shape[1]], strict=True):
        part = None if total is None else total[first:end]
        found += series.step(Block(START + first * policy.width, counts[:, first:end], None, part))
    return milestones(found)


def told(counts: Floats, total: Floats | None = None) -> list[tuple[EpisodeKind, datetime]]:
    found = events(counts[None].astype(float), total)
    return [(each.kind, each.at) for each in found if each.kind in TOLD]


def week_of_surges(seed: int, series: int = 4, days: int = 9) -> tuple[Floats, Floats]:
    """Series with surges, unknown bins and a stretch of zeros, and all posts beside them."""
    chance = np.random.default_rng(seed)
    time = np.arange(days * DAY) / DAY
    counts = chance.poisson(np.geomspace(0.02, 10, series)[:, None] * (1 + 0.6 * np.sin(2 * np.pi * time))).astype(
        float
    )
    for row in range(series):
        for _ in range(3):
            at = int(chance.integers(0, counts.shape[1] - 60))
            counts[row, at : at + int(chance.integers(3, 60))] += chance.poisson(chance.uniform(5, 100))
    at = int(chance.integers(0, counts.shape[1] - 300))
    counts[:, at : at + int(chance.integers(1, 300))] = np.nan
    at = int(chance.integers(0, counts.shape[1] - 600))
    counts[:, at : at + 600] = 0.0
    return counts, np.nansum(counts, axis=0) * 3 + np.where(np.isnan(counts[0]), np.nan, 0.0)


Cuts = st.lists(st.integers(1, 9 * DAY - 1), max_size=25, unique=True).map(sorted)


@settings(max_examples=12)
@given(seed=st.integers(0, 10**6), cuts=Cuts, with_total=st.booleans())
def test_a_history_cut_anyhow_gives_equal_events(seed: int, cuts: list[int], with_total: bool) -> None:
    counts, total = week_of_surges(seed)
    everything = total if with_total else None
    assert events(counts, everything, cuts=cuts) == events(counts, everything)


@settings(max_examples=8)
@given(seed=st.integers(0, 10**6), order=st.permutations([1, 2, 3]))
def test_series_do_not_depend_on_each_other_or_on_their_order(seed: int, order: list[int]) -> None:
    counts, total = week_of_surges(seed)
    together = events(counts, total)
    for row, key in enumerate(keys(4)[1:], 1):
        alone = milestones(SeriesSet(POLICY, [key]).step(Block(START, counts[row : row + 1], None, total)))
        assert alone == [each for each in together if each.key == key]
    names = keys(4)
    permuted = SeriesSet(POLICY, [names[0], *(names[row] for row in order)])
    found = milestones(permuted.step(Block(START, counts[[0, *order]], None, total)))
    assert sorted(found, key=lambda each: (each.at, each.key)) == sorted(together, key=lambda each: (each.at, each.key))


@settings(max_examples=6)
@given(seed=st.integers(0, 10**6), cuts=Cuts)
def test_late_bins_that_have_not_changed_change_nothing(seed: int, cuts: list[int]) -> None:
    counts, total = week_of_surges(seed)
    series, found, reached = SeriesSet(POLICY, keys(4)), [], 0
    for end in [*cuts, counts.shape[1]]:
        start = series.settled_until or START
        first = (start - START) // WIDTH
        found += series.step(Block(start, counts[:, first:end], None, total[first:end]))
        assert first <= reached
        reached = end
    assert milestones(found) == events(counts, total)


def test_a_series_that_is_added_has_been_zero_where_that_was_known() -> None:
    counts, total = np.zeros((1, 10 * DAY)), np.full(10 * DAY, 20.0)
    series = SeriesSet(POLICY)
    series.step(Block(START, np.zeros((0, 9 * DAY)), None, total[: 9 * DAY]))
    series.add([ALL])
    counts[0, 9 * DAY + 50 : 9 * DAY + 60] = 6.0
    found = series.step(Block(START + timedelta(days=9), counts[:, 9 * DAY :], None, total[9 * DAY :]))
    assert milestones(found) == events(counts, total)
    assert found[0].kind is EpisodeKind.OPENED


def test_late_posts_raise_what_was_quiet() -> None:
    counts, total = np.zeros((1, 5 * DAY)), np.full(5 * DAY, 20.0)
    series = SeriesSet(POLICY, [ALL])
    assert series.step(Block(START, counts, None, total)) == []
    late = series.settled_until
    assert late is not None
    assert series.next is not None
    counts[0, -6:] = 10.0
    [found] = series.step(Block(late, counts[:, -6:], None, total[-6:]))
    assert (found.kind, found.episode.start, found.at) == (EpisodeKind.OPENED, late, series.next)
    with pytest.raises(OutOfOrder):
        series.step(Block(START, counts, None, total))


def test_an_open_bin_is_scored_and_nothing_is_changed() -> None:
    series, known = SeriesSet(POLICY), np.ones(4 * DAY, dtype=bool)
    end = START + timedelta(days=4)
    series.step(series.block(START, [BinCount(START, *ALL, 1, 0)], known, np.full(4 * DAY, 20.0)))
    before = copy.deepcopy(series)
    block = series.block(end, [BinCount(end, *ALL, 40, 0)], known[:1], np.array([60.0]))
    [early] = series.peek(block)
    assert (early.kind, early.key) == (EpisodeKind.OPENED, ALL)
    assert before.step(block) == series.step(block) == [early]


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6), count=st.integers(12, 5000))
def test_enough_is_the_least_that_opens(seed: int, count: int) -> None:
    """So the first minute by which a bin held as many is the one in which a watch would have told it."""
    chance = np.random.default_rng(seed)
    counts = chance.poisson(0.3, (1, 6 * DAY)).astype(float)
    counts[0, -1] = count
    opened = [each for each in events(counts) if each.at == START + 6 * DAY * WIDTH and each.kind is EpisodeKind.OPENED]
    for each in opened:
        assert each.enough is not None
        for posts, opens in ((each.enough, True), (each.enough - 1, False)):
            counts[0, -1] = posts
            kinds = [each.kind for each in events(counts) if each.at == START + 6 * DAY * WIDTH]
            assert (EpisodeKind.OPENED in kinds) is opens


def rhythm(chance: np.random.Generator, days: int, peak: float, begin_hour: int = 0) -> Floats:
    time = np.arange(days * DAY) / DAY + begin_hour / 24
    return chance.poisson(peak * (0.5 - 0.5 * np.cos(2 * np.pi * (time - 0.1)))).astype(float)


@pytest.mark.parametrize("begin_hour", range(0, 24, 2))
def test_the_first_morning_of_a_daily_rhythm_is_no_surge(begin_hour: int) -> None:
    for seed in range(3):
        chance = np.random.default_rng(seed)
        total = rhythm(chance, 2, 60.0, begin_hour)
        counts = chance.binomial(total.astype(int), 0.3)
        assert told(counts) == told(counts, total) == []


@pytest.mark.parametrize("days", [1, 3, 5, 8, 15, 30])
@pytest.mark.parametrize("part_of_a_day", [0, 115])
def test_a_gap_written_as_zeros_is_no_silence(days: int, part_of_a_day: int) -> None:
    chance = np.random.default_rng(days)
    posts = rhythm(chance, 18, 20.0)
    gap = np.zeros(days * DAY + part_of_a_day)
    counts = np.concatenate([posts[: 12 * DAY], gap, posts[12 * DAY + part_of_a_day :]])
    assert told(counts) == told(counts, counts * 3) == []


@pytest.mark.parametrize("days", [2, 4, 9, 40])
def test_a_stray_post_days_earlier_is_no_silence(days: int) -> None:
    chance = np.random.default_rng(days)
    total = np.concatenate([np.zeros(days * DAY), rhythm(chance, 8, 40.0)])
    counts = chance.binomial(total.astype(int), 0.3)
    total[5] = 1.0
    assert told(counts, total) == []
    counts[5] = 1
    assert told(counts, total) == []


def test_a_source_that_begins_in_the_middle_is_no_surge() -> None:
    counts = np.zeros(20 * DAY)
    counts[9 * DAY + 100 :] = rhythm(np.random.default_rng(1), 11, 20.0)[100:]
    assert told(counts) == []


@pytest.mark.parametrize("hours", [12, 27])
@pytest.mark.parametrize("posts", [40, 80, 160])
def test_seven_floods_in_a_fortnight_do_not_hide_a_surge(hours: int, posts: int) -> None:
    chance = np.random.default_rng(posts)
    counts = chance.poisson(0.5, 30 * DAY).astype(float)
    for flood in range(7):
        at = 14 * DAY + flood * hours * 12
        counts[at : at + 12] += chance.multinomial(800, np.full(12, 1 / 12))
    at = 14 * DAY + 7 * hours * 12 + 14 * 12
    counts[at : at + 12] += chance.multinomial(posts, np.full(12, 1 / 12))
    last = told(counts)[-1]
    assert last[0] is EpisodeKind.OPENED
    assert timedelta(0) < last[1] - (START + at * WIDTH) <= timedelta(minutes=25)


def test_what_lasts_becomes_the_ordinary() -> None:
    """A tenfold level is told once, is over within nine days, and a surge on top of it is told again."""
    chance = np.random.default_rng(3)
    counts = chance.poisson(0.5, 32 * DAY).astype(float)
    counts[12 * DAY :] = chance.poisson(5.0, 20 * DAY)
    counts[30 * DAY : 30 * DAY + 6] += 60
    found = told(counts)
    assert [kind for kind, _ in found] == [EpisodeKind.OPENED, EpisodeKind.OPENED]
    ended = [each.at for each in events(counts[None]) if each.kind is EpisodeKind.ENDED]
    assert ended[-2] < START + timedelta(days=21)


@pytest.mark.parametrize("usual", [0.02, 0.5])
def test_a_far_larger_second_surge_is_told_again(usual: float) -> None:
    counts = np.random.default_rng(2).poisson(usual, 20 * DAY).astype(float)
    at = 15 * DAY
    counts[at : at + 6] += [8, 9, 8, 9, 8, 8]
    counts[at + 72 : at + 84] += 125
    found = told(counts)
    assert [kind for kind, _ in found] == [EpisodeKind.OPENED, EpisodeKind.ESCALATED]
    assert found[1][1] - found[0][1] < timedelta(hours=6, minutes=10)


def test_a_few_posts_a_day_are_told_by_the_slow_scale_when_they_multiply() -> None:
    posts, total = np.zeros(40 * DAY), np.full(40 * DAY, 0.2)
    posts[DAY // 2 : 30 * DAY : DAY + 31] = 1
    posts[30 * DAY + np.arange(0, 120, 12)] = 1
    [opened] = [each for each in events(posts[None], total + posts) if each.kind is EpisodeKind.OPENED]
    assert START + timedelta(days=30) < opened.at < START + timedelta(days=30, hours=8)
    assert (opened.episode.rarest.window, opened.enough) == ("1 day", None)
    assert START + timedelta(days=29) < opened.episode.start <= START + timedelta(days=30)
    told = opened.episode.snapshot(*ALL)
    assert told.observed >= POLICY.slow.minimum_posts
    assert (told.window_observed, told.window_expected) == (told.observed, told.expected)


def few_posts(days: int, busy: dict[int, int]) -> Floats:
    """A post every other day, and on some days so many, an hour apart from nine in the morning on."""
    posts = np.zeros(days * DAY)
    posts[DAY // 2 :: 2 * DAY] = 1
    for day, number in busy.items():
        posts[day * DAY + 108 + 12 * np.arange(number)] = 1
    return posts


def test_nights_without_a_post_do_not_cut_days_of_talk_on_the_slow_scale() -> None:
    posts = few_posts(40, {30: 6, 31: 7, 32: 6})
    found = events(posts[None], np.full(len(posts), 0.2) + posts)
    assert [each.kind for each in found if each.kind in {*TOLD, EpisodeKind.ENDED}] == ["opened", "ended"]
    [rise] = found[-1].episode.segments
    assert [(at - START).days for at in (rise.start, rise.until)] == [30, 32]
    assert rise.observed == 19
    assert rise.expected < 4.0


def test_a_day_of_talk_behind_a_week_of_it_is_told_on_the_slow_scale() -> None:
    posts = few_posts(50, {30: 5, 31: 6, 32: 6, 33: 5, 34: 7, 35: 6, 36: 2, 38: 9})
    assert [(at - START).days for _, at in told(posts, np.full(len(posts), 0.2) + posts)] == [30, 38]


def test_a_comeback_has_its_pulses() -> None:
    counts = np.zeros(10 * DAY)
    counts[:: DAY // 8] = 1
    counts[8 * DAY : 8 * DAY + 6] = 10
    counts[8 * DAY + 60 : 8 * DAY + 66] = 12
    episode = events(counts[None])[-1].episode
    _, comeback = episode.rises
    assert [pulse.start for pulse in comeback.snapshot(*ALL).pulses] == [comeback.start]
    assert len(episode.snapshot(*ALL).pulses) == 2


@pytest.mark.parametrize("width", [1, 2, 5, 9, 15, 20, 30, 60, 90, 120, 360])
def test_bins_of_every_width_find_a_surge(width: int) -> None:
    policy = DetectorPolicy.for_bins(timedelta(minutes=width))
    counts = np.full((1, 12 * policy.fast.day), 1.0)
    counts[0, -8:] = 60.0
    found = events(counts, policy=policy)
    assert found[0].kind is EpisodeKind.OPENED


def test_a_gap_of_years_costs_nothing_and_ends_a_spike() -> None:
    series = SeriesSet(HOURLY, [ALL])
    counts = np.full((1, 240), 5.0)
    counts[0, -3:] = 200.0
    assert series.step(Block(datetime(1970, 1, 1, tzinfo=UTC), counts))[-1].kind is not EpisodeKind.ENDED
    [ended] = series.step(Block(START, counts[:, :24]))
    assert (ended.kind, ended.episode.end) == (EpisodeKind.ENDED, datetime(1970, 1, 11, tzinfo=UTC))
