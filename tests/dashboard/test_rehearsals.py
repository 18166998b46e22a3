"""Rehearsals are made one at a time beside the page, and kept for all readers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from dashboard import rehearsals
from dashboard.rehearsals import (
    AGAIN_AFTER,
    ASKED_FOR,
    LONGEST,
    RENEWED_AFTER,
    Ready,
    Rehearsals,
    Superseded,
    TooLong,
    Underway,
)
from dashboard.views.alerts.backtest.span import Span
from tests.conftest import NOON
from tests.support.waiting import eventually

MADE = Span(NOON, NOON + timedelta(days=1))


@dataclass
class Clock:
    """A monotonic clock that stands still but when it is moved."""

    now: float = 0.0

    def move(self, by: timedelta) -> None:
        self.now += by.total_seconds() + 1


@dataclass
class Work:
    """A rehearsal that waits to be let on before it says how far it is, and notes how many are made at once."""

    goes_on: threading.Event = field(default_factory=threading.Event)
    begun: threading.Event = field(default_factory=threading.Event)
    runs: int = 0
    fault: Exception | None = None

    def __call__(self, reached: Callable[[datetime], None]) -> Span:
        self.runs += 1
        self.begun.set()
        assert self.goes_on.wait(60)
        reached(NOON)
        if self.fault is not None:
            raise self.fault
        return MADE


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rehearsals, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def ended(made: Rehearsals, name: str, work: Work) -> object:
    work.goes_on.set()
    found = eventually(lambda: None if isinstance(found := made.ask(name, work), Underway) else found)
    return found.rehearsal if isinstance(found, Ready) else found


def test_the_second_waits_for_the_first_and_both_are_made_once(clock: Clock) -> None:
    made, first, second = Rehearsals(), Work(), Work()
    assert made.ask("first", first) == Underway(None)
    assert first.begun.wait(60)
    assert made.ask("second", second) == Underway(None)
    second.goes_on.set()
    assert second.runs == 0
    assert ended(made, "first", first) == ended(made, "second", second) == MADE
    assert (first.runs, second.runs) == (1, 1)


def test_what_takes_too_long_is_given_up_for_good(clock: Clock) -> None:
    made, work = Rehearsals(), Work()
    made.ask("long", work)
    assert work.begun.wait(60)
    clock.move(LONGEST)
    assert isinstance(ended(made, "long", work), TooLong)
    clock.move(AGAIN_AFTER)
    assert isinstance(made.ask("long", work), TooLong)
    assert work.runs == 1


def test_a_failure_is_the_answer_for_a_while(clock: Clock) -> None:
    made, work = Rehearsals(), Work(fault=ValueError("away"))
    assert ended(made, "a", work) is work.fault
    assert made.ask("a", work) is work.fault
    work.fault = None
    clock.move(AGAIN_AFTER)
    assert ended(made, "a", work) == MADE


def test_a_rehearsal_is_made_anew_after_an_hour_and_is_another_one(clock: Clock) -> None:
    made, work = Rehearsals(), Work()
    assert ended(made, "a", work) == MADE
    first = made.ask("a", work)
    clock.move(RENEWED_AFTER / 2)
    assert made.ask("a", work) is first
    clock.move(RENEWED_AFTER / 2)
    assert ended(made, "a", work) == MADE
    assert made.ask("a", work) != first
    assert work.runs == 2


def test_what_nobody_waits_for_makes_room_for_what_somebody_asks_for(clock: Clock) -> None:
    made, left, wanted = Rehearsals(), Work(), Work()
    made.ask("left", left)
    assert left.begun.wait(60)
    clock.move(ASKED_FOR)
    made.ask("wanted", wanted)
    left.goes_on.set()
    assert ended(made, "wanted", wanted) == MADE
    assert not isinstance(made.ask("left", left), Superseded)
    assert ended(made, "left", left) == MADE
    assert left.runs == 2
