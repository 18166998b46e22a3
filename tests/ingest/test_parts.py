from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ingest.errors import Transient
from ingest.parts import HELD_BACK, Parts, Rhythm, Turn, after_answer, after_failure
from ingest.source import PartStatus
from tests.support.networks.driving import Wall

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
TEN = 10 * MINUTE
RHYTHM = Rhythm(TEN, rarest=6 * HOUR, jitter=0.2)
ALMOST_ONE = 1 - 1e-9


def fails(turn: Turn, chance: float, asked: timedelta | None = None, *, passes: bool = False) -> Turn:
    return after_failure(RHYTHM, turn, NOW, fault="It is shut.", passes=passes, retry_after=asked, chance=chance)


def test_a_turn_is_jittered() -> None:
    assert after_answer(RHYTHM, NOW, 0.0).due == NOW + 8 * MINUTE
    assert after_answer(RHYTHM, NOW, ALMOST_ONE).due <= NOW + 12 * MINUTE


@pytest.mark.parametrize("chance", [0.0, ALMOST_ONE])
def test_the_pause_behind_failures_grows_to_a_bound_and_is_never_shorter_than_behind_an_answer(chance: float) -> None:
    turn, pauses = Turn(NOW), []
    for _ in range(10):
        turn = fails(turn, chance)
        pauses.append(round((turn.due - NOW) / MINUTE))
    assert pauses[:3] == ([10, 10, 10] if chance == 0.0 else [20, 30, 50])
    assert pauses[-1] == (10 if chance == 0.0 else 370)


def test_what_a_part_asks_for_is_kept_to() -> None:
    assert fails(Turn(NOW), 0.0, 3 * HOUR).due == NOW + 3 * HOUR
    assert fails(Turn(NOW), 0.0, MINUTE).due == NOW + TEN


@pytest.fixture
def wall() -> Wall:
    return Wall(NOW)


@pytest.fixture
def parts(wall: Wall) -> Parts:
    return Parts("feed", {"a": "A", "b": "B"}, Rhythm(TEN), wall, chance=lambda: 0.5)


def test_a_fault_is_told_when_it_begins_when_it_changes_and_when_it_is_over(parts: Parts) -> None:
    parts_of_b = [
        *parts.failed("b", "It is shut.", passes=False),
        *parts.failed("b", "It is shut.", passes=False),
        *parts.failed("b", "It is gone.", passes=False),
        *parts.answered("b", NOW),
        *parts.answered("b", NOW),
    ]
    assert parts_of_b == [PartStatus("B", "It is shut."), PartStatus("B", "It is gone."), PartStatus("B")]


def test_only_where_no_part_can_be_read_it_is_raised(parts: Parts, wall: Wall) -> None:
    list(parts.failed("a", "It is shut.", passes=False))
    told = parts.failed("b", "It broke.", passes=True)
    assert next(told) == PartStatus("B", "It broke.")
    with pytest.raises(Transient, match="the last was B: It broke") as caught:
        next(told)
    assert caught.value.retry_after is None
    assert parts.first()[0] == "b"


def test_where_every_part_refuses_the_first_turn_is_waited_for(parts: Parts, wall: Wall) -> None:
    list(parts.failed("a", "It is shut.", passes=False))
    with pytest.raises(Transient) as caught:
        list(parts.failed("b", "It is shut.", passes=False))
    assert caught.value.retry_after == parts.first()[1] - NOW == 15 * MINUTE


def test_nothing_is_covered_before_every_part_was_asked(parts: Parts) -> None:
    list(parts.answered("a", NOW))
    assert parts.covered(NOW - HOUR) is None
    list(parts.failed("b", "It is shut.", passes=False))
    assert parts.covered(NOW - HOUR) == (NOW - HOUR, NOW)


def test_a_part_that_fails_holds_the_word_back_and_is_then_left_out(parts: Parts, wall: Wall) -> None:
    list(parts.answered("a", NOW))
    list(parts.answered("b", NOW))
    wall.now += TEN
    list(parts.answered("a", wall.now))
    list(parts.failed("b", "It is shut.", passes=False))
    assert parts.covered(NOW - HOUR) == (NOW - HOUR, NOW)
    wall.now += HELD_BACK
    list(parts.answered("a", wall.now))
    assert parts.covered(NOW - HOUR) == (NOW, wall.now)
    list(parts.answered("b", wall.now))
    assert parts.covered(NOW) == (NOW, wall.now)


def test_a_part_that_is_dropped_is_waited_for_no_more(parts: Parts) -> None:
    list(parts.answered("a", NOW))
    assert list(parts.drop("b", "It is gone.")) == [PartStatus("B", "It is gone.")]
    assert parts.covered(NOW) == (NOW, NOW)
    assert parts.due() == []


def test_a_clock_that_is_set_back_keeps_nobody_waiting(parts: Parts, wall: Wall) -> None:
    list(parts.answered("a", NOW))
    list(parts.answered("b", NOW))
    assert parts.first()[1] == NOW + TEN
    wall.now -= 2 * HOUR
    assert parts.first()[1] == wall.now + TEN
    assert parts.due() == []
    wall.now += TEN
    assert parts.due() == ["a", "b"]


def test_a_clock_that_is_set_back_makes_no_pause_longer_where_no_part_can_be_read(parts: Parts, wall: Wall) -> None:
    list(parts.failed("a", "It is shut.", passes=False))
    wall.now -= 2 * HOUR
    with pytest.raises(Transient):
        list(parts.failed("b", "It is shut.", passes=False))
    wall.now += 15 * MINUTE
    assert parts.due() == ["a", "b"]
