from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as any_

from ingest.retry import BackoffPolicy, Failures, failed

POLICY = BackoffPolicy(first=timedelta(seconds=1), cap=timedelta(seconds=60), healthy=timedelta(seconds=30))
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
