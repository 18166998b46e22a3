"""The parts of a source (channels, users, feeds, listings): their schedule, their failures, and their common coverage.

A failure belongs to one part. The failing part is asked again at growing intervals, and the other parts go on.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from ingest.errors import Permanent, RateLimited, Transient
from ingest.retry import BackoffPolicy, Failures, failed
from ingest.source import Clock, PartStatus, Pause

HELD_BACK = timedelta(minutes=30)
"""How long the watermark waits for a failing part, which may recover and deliver the posts of the meantime."""

BEHIND_THE_OTHERS = timedelta(milliseconds=1)


Step = TypeVar("Step")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The intervals at which a part is asked.

    A working part is asked after `every`, varied at random by the share `jitter`. A failing part is asked after `every`
    plus the pause of the back-off, whose ceiling doubles from `every` to `rarest`.
    """

    every: timedelta
    rarest: timedelta = timedelta(hours=1)
    jitter: float = 0.0

    @property
    def backoff(self) -> BackoffPolicy:
        """The back-off policy for a failing part. An answer resets the count of failures."""
        return BackoffPolicy(first=self.every, cap=max(self.rarest, self.every))


@dataclass(frozen=True, slots=True)
class Turn:
    """The next time at which a part is asked, and whether the part fails.

    `read` is the time of the last answered request. `failing_since` is the time of the first failure after it. The part
    is not asked before `not_before`, even if no part answers.
    """

    due: datetime
    read: datetime | None = None
    fault: str = ""
    failing_since: datetime | None = None
    failures: Failures = field(default_factory=Failures)
    not_before: datetime | None = None

    def is_left_out(self, now: datetime) -> bool:
        """Return whether the watermark ignores the part: it fails and was never read, or has failed for `HELD_BACK`."""
        return self.failing_since is not None and (self.read is None or now - self.failing_since >= HELD_BACK)

    def earlier(self, back: timedelta) -> Turn:
        """Return the turn after the clock was set back by `back`.

        Its waits keep their length, and `read` keeps its time.
        """
        not_before = None if self.not_before is None else self.not_before - back
        since = None if self.failing_since is None else self.failing_since - back
        return replace(self, due=self.due - back, not_before=not_before, failing_since=since)


def after_answer(rhythm: Rhythm, now: datetime, chance: float) -> Turn:
    """Return the turn of a part that was asked at `now` and answered. `chance` is a random number in [0, 1)."""
    return Turn(now + rhythm.every * (1 + rhythm.jitter * (2 * chance - 1)), read=now)


def after_failure(
    rhythm: Rhythm, turn: Turn, now: datetime, *, fault: str, passes: bool, retry_after: timedelta | None, chance: float
) -> Turn:
    """Return the turn of a part that failed at `now`. `retry_after` is the pause that the network asked for.

    `passes` means that the network failed and not the part. Then the part may be asked earlier if no part answers.
    """
    least = max(rhythm.every, retry_after or timedelta())
    failures, pause = failed(rhythm.backoff, turn.failures, held=timedelta(), retry_after=least, chance=chance)
    due = now + pause
    return replace(
        turn,
        due=due,
        fault=fault,
        failing_since=turn.failing_since or now,
        failures=failures,
        not_before=now + (retry_after or timedelta()) if passes else due,
    )


class Parts:
    """All parts of one source, by key. The object lives as long as the source, so a failure outlasts a connection."""

    def __init__(
        self,
        kind: str,
        labels: Mapping[str, str],
        rhythm: Rhythm,
        clock: Clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Make every part due now.

        `kind` is the noun for one part. `labels` maps each part's key to its name for a person.
        """
        self._kind = kind
        self._labels = dict(labels)
        self._rhythm = rhythm
        self._clock = clock
        self._chance = chance
        self._latest = clock()
        self._turns = {key: Turn(self._latest) for key in labels}

    def __len__(self) -> int:
        return len(self._turns)

    def first(self) -> tuple[str, datetime]:
        """Return the key of the part that is due first, and its time."""
        self._now()
        return min(((key, turn.due) for key, turn in self._turns.items()), key=lambda each: each[1])

    def pause(self) -> Pause:
        """Return the pause until the first part is due."""
        return Pause(max((self.first()[1] - self._clock()).total_seconds(), 0))

    def due(self) -> list[str]:
        """Return the keys of the parts that are due now."""
        now = self._now()
        return [key for key, turn in self._turns.items() if turn.due <= now]

    def _now(self) -> datetime:
        """Return the time.

        If the clock was set back, the turns move back too; otherwise no part would be asked for as long.
        """
        now = self._clock()
        back = max(self._latest - now, timedelta())
        if back:
            self._turns = {key: turn.earlier(back) for key, turn in self._turns.items()}
        self._latest = now
        return now

    def is_left_out(self, key: str) -> bool:
        """Return whether the watermark ignores a part."""
        return self._turns[key].is_left_out(self._clock())

    def drop(self, key: str, fault: str) -> Iterator[PartStatus]:
        """Never ask a part again, let the watermark ignore it, and yield the reason."""
        if self._turns.pop(key, None):
            yield PartStatus(self._labels[key], fault)

    def attempt(self, key: str, work: Iterable[Step]) -> Generator[Step | PartStatus, None, bool]:
        """Read a part through `work` and record the outcome. Return whether the part was read.

        Raises:
            RateLimited: the network, which all parts share, asks for a pause.
            Transient: no part can be read.
        """
        asked_at = self._clock()
        try:
            yield from work
        except RateLimited:
            raise
        except Transient as error:
            yield from self.failed(key, str(error), passes=True, retry_after=error.retry_after)
        except Permanent as error:
            yield from self.failed(key, str(error), passes=False)
        else:
            yield from self.answered(key, asked_at)
            return True
        return False

    def answered(self, key: str, asked_at: datetime) -> Iterator[PartStatus]:
        """Record that a part was asked at `asked_at` and read. If the part had failed, yield its recovery."""
        before = self._turns[key]
        self._turns[key] = after_answer(self._rhythm, asked_at, self._chance())
        if before.fault:
            yield PartStatus(self._labels[key])

    def failed(
        self, key: str, fault: str, *, passes: bool, retry_after: timedelta | None = None
    ) -> Iterator[PartStatus]:
        """Record that a part cannot be read, and yield its status if the fault is new.

        `passes` means that the network failed and not the part.

        Raises:
            Transient: no part can be read.
        """
        now = self._now()
        before = self._turns[key]
        turn = after_failure(
            self._rhythm, before, now, fault=fault, passes=passes, retry_after=retry_after, chance=self._chance()
        )
        self._turns[key] = turn
        if before.fault != fault:
            yield PartStatus(self._labels[key], fault)
        if all(each.fault for each in self._turns.values()):
            raise Transient(
                f"No {self._kind} can be read; the last was {self._labels[key]}: {fault}", self._ask_anew(key, now)
            )

    def _ask_anew(self, last: str, now: datetime) -> timedelta | None:
        """Make all parts due at once, because the network may be at fault and the run loop paces the next attempts.

        A part that refused, or asked for a pause, keeps its `not_before`. The result is the time until the first part
        may be asked, or None if a part may be asked now.
        """
        for key, turn in self._turns.items():
            # The part that was asked last comes after the others.
            soon = now + BEHIND_THE_OTHERS if key == last else now
            self._turns[key] = replace(turn, due=max(min(turn.due, soon), turn.not_before or soon))
        wait = min(turn.due for turn in self._turns.values()) - now
        return wait if wait > BEHIND_THE_OTHERS else None

    def covered(self, since: datetime) -> tuple[datetime, datetime] | None:
        """Return the span for which all parts have been read, or None before each part was read once.

        The span begins at `since` or later. A failing part holds the end of the span back for `HELD_BACK`. After that
        the part is left out, and the span begins where the part was last read. The span therefore holds no time that a
        part has missed.
        """
        now = self._clock()
        out = [turn for turn in self._turns.values() if turn.is_left_out(now)]
        read = [turn.read for turn in self._turns.values() if not turn.is_left_out(now)]
        known = [moment for moment in read if moment is not None]
        if not known or len(known) < len(read):
            return None
        since = max([since, *(turn.read for turn in out if turn.read is not None)])
        return since, max(since, min(known))
