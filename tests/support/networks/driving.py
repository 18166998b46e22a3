"""Reading a source without waiting: its pauses move its clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from ingest.contract import Post, Rejected
from ingest.source import Cursor, Item, PartStatus, Pause, Source, Watermark


class Wall:
    """A clock that goes only when a source pauses."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def steps(
    source: Source,
    wall: Wall,
    cursor: Cursor | None = None,
    within: timedelta = timedelta(hours=2),
    told: list[PartStatus] | None = None,
) -> Iterator[Item | Watermark]:
    """What a source yields from a cursor, until its own clock has gone so far. What it says of its parts is `told`."""
    end = wall.now + within
    reading = source.read(cursor or {})
    try:
        for step in reading:
            if isinstance(step, Pause):
                wall.advance(step.seconds)
            elif not isinstance(step, PartStatus):
                yield step
            elif told is not None:
                told.append(step)
            if wall.now >= end:
                return
    finally:
        reading.close()  # type: ignore[attr-defined]


def take_until(
    reading: Iterator[Item | Watermark], enough: Callable[[list[Item | Watermark]], bool]
) -> list[Item | Watermark]:
    """Steps up to the one with which there is enough, which has to come."""
    taken: list[Item | Watermark] = []
    for step in reading:
        taken.append(step)
        if enough(taken):
            return taken
    raise AssertionError(f"the source ended or ran out of time after {taken[-3:]}")


def posts(taken: list[Item | Watermark]) -> list[Post]:
    return [step.found for step in taken if isinstance(step, Item) and isinstance(step.found, Post)]


def rejected(taken: list[Item | Watermark]) -> list[Rejected]:
    return [step.found for step in taken if isinstance(step, Item) and isinstance(step.found, Rejected)]
