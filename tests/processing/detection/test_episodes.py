"""Episodes: when a spike begins, goes on, comes back and ends, and which rises inside it are pulses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from processing.contract import BinState, Severity
from processing.detection.previous import detector, episodes
from processing.detection.previous.detector import Bin, DetectorPolicy, DetectorState, Scored
from processing.detection.previous.episodes import EpisodeEvent, EpisodeKind, EpisodePolicy, EpisodeState

START = datetime(2020, 7, 1, tzinfo=UTC)
FIVE_MINUTES = timedelta(minutes=5)
DETECTOR = DetectorPolicy.for_bins(FIVE_MINUTES)
POLICY = EpisodePolicy.matching(DETECTOR)
HOURS = EpisodePolicy.matching(DetectorPolicy.for_bins(timedelta(hours=1)))
SURGE = 10 * DETECTOR.bins_a_day + 192


def scored(hours: Iterable[tuple[int | None, float, BinState]]) -> list[Scored]:
    """Hourly bins over an expectation of ten posts, as the detector might have judged them."""
    return [
        Scored(START + timedelta(hours=number), count, 10.0, score, state, provisional=False)
        for number, (count, score, state) in enumerate(hours)
    ]


def calm(hours: int) -> list[tuple[int | None, float, BinState]]:
    return [(10, 0.0, BinState.QUIET)] * hours


def spike(*counts: int, score: float = 2.0) -> list[tuple[int | None, float, BinState]]:
    return [(count, score, BinState.SPIKE) for count in counts]


def follow(rows: Iterable[Scored], state: EpisodeState | None = None) -> list[EpisodeEvent]:
    state = EpisodeState() if state is None else state
    events = []
    for row in rows:
        state, event = episodes.step(HOURS, state, row)
        if event is not None:
            events.append(event)
    return events


def kinds(events: Sequence[EpisodeEvent]) -> list[str]:
    return [event.kind for event in events]


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


def test_a_spike_is_told_with_its_beginning_its_peak_and_its_end() -> None:
    rise: list[tuple[int | None, float, BinState]] = [(25, 0.9, BinState.QUIET), (60, 1.8, BinState.SPIKE)]
    events = follow(scored([*calm(3), *rise, *spike(110, 40), *spike(12, 11, score=0.1), *calm(1)]))
    assert kinds(events) == ["opened", "grew", "grew", "ended"]
    told = events[-1].episode
    assert (told.start, told.detected_at, told.peak.start, told.end) == (at(3), at(5), at(5), at(7))
    assert (told.observed, told.expected, told.score) == (25 + 60 + 110 + 40, 40.0, 2.0)
    assert events[-1].at == at(10)


def test_a_snapshot_is_the_contracts_spike() -> None:
    record = follow(scored([*calm(1), *spike(109, score=3.5)]))[0].episode.snapshot("ban", "ar")
    assert (record.topic, record.language, record.end) == ("ban", "ar", None)
    assert record.ratio == pytest.approx(10.0)
    assert record.severity is Severity.EXTREME
    assert [(pulse.start, pulse.peak, pulse.observed) for pulse in record.pulses] == [(at(1), at(1), 109)]


@pytest.mark.parametrize(("hours", "expected"), [(11, 1), (12, 1), (13, 2)])
def test_a_start_within_twelve_hours_of_an_end_continues_the_old_spike(hours: int, expected: int) -> None:
    events = follow(scored([*spike(90), *calm(hours), *spike(90), *calm(1)]))
    assert len({event.episode.start for event in events}) == expected
    assert kinds(events)[:2] == ["opened", "ended"]


def test_what_came_between_belongs_to_a_spike_that_came_back() -> None:
    events = follow(scored([*spike(90), *calm(5), *spike(100), *calm(1)]))
    assert kinds(events) == ["opened", "ended", "grew", "ended"]
    assert events[2].episode.end is None
    assert events[-1].episode.observed == 90 + 5 * 10 + 100
    assert len(events[-1].episode.pulses) == 2


def test_a_spike_knows_what_it_would_be_without_a_comeback() -> None:
    rows = scored([*spike(90, 120), *calm(4), *spike(70, 200), *calm(3), *spike(80)])
    episode = follow(rows)[-1].episode
    first, second = episode.comebacks
    assert (first.start, first.detected_at, first.peak.start, first.end) == (at(6), at(7), at(7), at(8))
    assert (first.observed, first.expected) == (270, 20.0)
    assert (second.start, second.end, second.observed) == (at(11), None, 80)
    assert episode.without(()) == episode
    over = episode.without({at(6), at(11)})
    assert (over.start, over.peak.start, over.end, over.observed) == (at(0), at(1), at(2), 210)
    assert over == follow(rows[:5])[-1].episode
    going_on = episode.without({at(6)})
    assert (going_on.peak.start, going_on.end, going_on.observed) == (at(1), None, 290)


def test_a_spike_that_comes_back_more_than_twice_as_high_escalates_once() -> None:
    events = follow(scored([*spike(60), *calm(4), *spike(80, 200, 300, 900), *calm(1)]))
    assert kinds(events) == ["opened", "ended", "grew", "escalated", "grew", "grew", "ended"]
    assert len({event.episode.start for event in events}) == 1


def test_a_spike_that_only_grows_does_not_escalate() -> None:
    assert EpisodeKind.ESCALATED not in kinds(follow(scored(spike(60, 200, 900))))


def test_unknown_bins_neither_end_a_spike_nor_keep_it_for_ever() -> None:
    unknown: list[tuple[int | None, float, BinState]] = [(None, 0.0, BinState.UNKNOWN)]
    short = follow(scored([*spike(90), *unknown * 5, *spike(80), *calm(1)]))
    assert kinds(short) == ["opened", "grew", "ended"]
    long = follow(scored([*spike(90), *unknown * 30]))
    assert kinds(long) == ["opened", "ended"]
    assert (long[-1].at, long[-1].episode.end) == (at(14), at(1))


@pytest.mark.parametrize("before", [[], spike(90)], ids=["raised only", "spike"])
def test_what_rises_behind_days_of_unknown_bins_is_a_spike_of_its_own(
    before: list[tuple[int | None, float, BinState]],
) -> None:
    raised: list[tuple[int | None, float, BinState]] = [(25, 0.9, BinState.QUIET)]
    unknown: list[tuple[int | None, float, BinState]] = [(None, 0.0, BinState.UNKNOWN)]
    events = follow(scored([*calm(3), *before, *raised, *unknown * 72, *spike(90, 80)]))
    assert kinds(events[-2:]) == ["opened", "grew"]
    told = events[-1].episode
    assert (told.start, told.observed) == (at(3 + len(before) + 1 + 72), 170)


def test_a_restored_state_goes_on_as_if_never_stopped() -> None:
    rows = scored([*calm(2), *spike(90, 40, 20), *calm(4), *spike(70, 300), *calm(20), *spike(50)])
    whole = follow(rows)
    for cut in range(len(rows)):
        state = EpisodeState()
        first = follow(rows[:cut], state)
        assert first + follow(rows[cut:], EpisodeState.from_json(state.to_json())) == whole


def test_a_state_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(ValueError, match="Not the state"):
        EpisodeState.from_json(b"[]")


def surges(seed: int, *, mean: float, height: float, second: float = 0.0) -> list[int]:
    """Twelve days of Poisson counts; a surge that decays over three hours, and another one five hours later."""
    time = np.arange(12 * DETECTOR.bins_a_day)
    expected = mean * (1.0 + 0.4 * np.sin(2 * np.pi * time / DETECTOR.bins_a_day))
    for begin, size in ((SURGE, height), (SURGE + 60, second)):
        age = np.clip(time - begin, 0, None)
        expected = expected + (time >= begin) * size * np.exp(-age / 30.0)
    counts: list[int] = np.random.default_rng(seed).poisson(expected).tolist()
    return counts


def last_told(counts: Sequence[int]) -> list[episodes.Episode]:
    """What the detector and the episodes say in the end of each spike since the planted surge."""
    series, state = DetectorState.begin(DETECTOR), EpisodeState()
    told = {}
    for number, count in enumerate(counts):
        series, row = detector.step(DETECTOR, series, Bin(START + number * FIVE_MINUTES, count))
        state, event = episodes.step(POLICY, state, row)
        if event is not None and number >= SURGE - 6:
            told[event.episode.start] = event.episode
    return list(told.values())


@pytest.mark.parametrize(("mean", "height"), [(1.0, 25.0), (5.0, 60.0), (40.0, 250.0)])
def test_one_surge_that_decays_is_one_pulse(mean: float, height: float) -> None:
    for seed in range(12):
        told = last_told(surges(seed, mean=mean, height=height))
        assert [len(episode.pulses) for episode in told] == [1]
        assert abs(told[0].start - (START + SURGE * FIVE_MINUTES)) <= 2 * FIVE_MINUTES


@pytest.mark.parametrize(("mean", "height"), [(1.0, 25.0), (5.0, 60.0), (40.0, 250.0)])
def test_an_order_and_its_retraction_five_hours_later_are_two_pulses_of_one_spike(mean: float, height: float) -> None:
    retraction = START + (SURGE + 60) * FIVE_MINUTES
    for seed in range(12):
        told = last_told(surges(seed, mean=mean, height=height, second=0.7 * height))
        assert [len(episode.pulses) for episode in told] == [2]
        assert abs(told[0].pulses[1].start - retraction) <= 3 * FIVE_MINUTES
        assert retraction <= told[0].pulses[1].peak <= retraction + timedelta(minutes=90)


def test_a_second_pulse_is_told_soon_after_it_begins() -> None:
    series, state = DetectorState.begin(DETECTOR), EpisodeState()
    second = SURGE + 60
    for number, count in enumerate(surges(3, mean=5.0, height=60.0, second=45.0)[: second + 4]):
        series, row = detector.step(DETECTOR, series, Bin(START + number * FIVE_MINUTES, count))
        state, _ = episodes.step(POLICY, state, row)
    assert state.episode is not None
    assert len(state.episode.pulses) == 2
