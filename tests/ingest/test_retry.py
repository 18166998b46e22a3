from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as any_

from ingest.errors import Permanent, Unavailable
from ingest.retry import LONGEST_RETRY_AFTER, BackoffPolicy, Failures, failed, retry_after, retry_while_unavailable

POLICY = BackoffPolicy(first=timedelta(seconds=1), cap=timedelta(seconds=60), healthy=timedelta(seconds=30))
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOT_AT_ALL = timedelta()
ALMOST_ONE = 1 - 1e-9


def ceilings(held: list[timedelta]) -> list[float]:
    """The longest pause behind each failure."""
    failures, found = Failures(), []
    for spell in held:
        failures, pause = failed(POLICY, failures, held=spell, retry_after=None, chance=ALMOST_ONE)
        found.append(round(pause.total_seconds()))
    return found


def test_the_ceiling_doubles_up_to_the_cap() -> None:
    assert ceilings([NOT_AT_ALL] * 8) == [1, 2, 4, 8, 16, 32, 60, 60]


def test_only_a_healthy_spell_wipes_the_slate() -> None:
    brief, healthy = timedelta(seconds=29), timedelta(seconds=30)
    assert ceilings([NOT_AT_ALL, NOT_AT_ALL, brief, brief, healthy, NOT_AT_ALL]) == [1, 2, 4, 8, 1, 2]


@given(
    rows=any_.integers(min_value=0, max_value=10_000),
    chance=any_.floats(min_value=0, max_value=1, exclude_max=True),
    asked=any_.none() | any_.timedeltas(min_value=timedelta(), max_value=timedelta(days=1)),
)
def test_the_pause_is_never_shorter_than_asked_nor_longer_than_the_cap_beyond(
    rows: int, chance: float, asked: timedelta | None
) -> None:
    _, pause = failed(POLICY, Failures(rows), held=NOT_AT_ALL, retry_after=asked, chance=chance)
    assert (asked or timedelta()) <= pause <= (asked or timedelta()) + POLICY.cap


def fails(times: int, error: Exception) -> list[Exception | None]:
    """What comes of each attempt of a work that fails so often."""
    return [*[error] * times, None]


def done(outcomes: list[Exception | None]) -> str:
    outcome = outcomes.pop(0)
    if outcome is not None:
        raise outcome
    return "done"


def test_work_is_begun_again_until_what_it_needs_is_there() -> None:
    met: list[Unavailable] = []
    outcomes = fails(2, Unavailable("Nothing answers."))
    assert retry_while_unavailable(lambda: done(outcomes), threading.Event(), note=met.append) == "done"
    assert [str(error) for error in met] == ["Nothing answers."] * 2


def test_what_does_not_pass_is_not_tried_again() -> None:
    outcomes = fails(1, Permanent("There is nothing there."))
    with pytest.raises(Permanent):
        retry_while_unavailable(lambda: done(outcomes), threading.Event())
    assert outcomes == [None]


def test_whoever_is_told_to_stop_raises_the_last_failure() -> None:
    stop, outcomes = threading.Event(), fails(9, Unavailable("Nothing answers."))
    with pytest.raises(Unavailable):
        retry_while_unavailable(lambda: done(outcomes), stop, note=lambda _: stop.set())
    assert len(outcomes) == 9


def test_a_bound_ends_the_attempts() -> None:
    outcomes = fails(1, Unavailable("Nothing answers."))
    with pytest.raises(Unavailable):
        retry_while_unavailable(lambda: done(outcomes), threading.Event(), within=timedelta())
    assert outcomes == [None]


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "17"}, timedelta(seconds=17)),
        ({"retry-after": "Sun, 01 Mar 2026 12:02:00 GMT"}, timedelta(minutes=2)),
        ({"retry-after": "Sun, 01 Mar 2026 11:00:00 GMT"}, timedelta()),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9" * 400}, LONGEST_RETRY_AFTER),
        ({"x-ratelimit-reset": "30"}, timedelta(seconds=30)),
        ({"x-ratelimit-reset": str(NOW.timestamp() + 45)}, timedelta(seconds=45)),
        ({"x-ratelimit-reset": "2026-03-01T12:05:00.000Z"}, timedelta(minutes=5)),
        ({"x-ratelimit-reset": "30", "x-ratelimit-remaining": "0"}, timedelta(seconds=30)),
        ({"x-ratelimit-reset": "30", "x-ratelimit-remaining": "12"}, None),
        ({"x-ratelimit-reset": "30", "retry-after": "5"}, timedelta(seconds=5)),
    ],
)
def test_how_long_to_wait_is_read_in_every_dialect(headers: Mapping[str, str], wait: timedelta | None) -> None:
    assert retry_after(headers, NOW) == wait
