"""The parts of a source (channels, users, feeds, listings): when each is asked, whether it fails, what all cover.

A failure belongs to its part: the part is asked again ever more rarely, and the other parts go on.
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
"""How long the watermark waits for a part that fails: it may answer again and bring what was posted meanwhile."""

BEHIND_THE_OTHERS = timedelta(milliseconds=1)


Step = TypeVar("Step")


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a part is asked.

    A part that works is asked after `every`, made longer or shorter at random by `jitter`, a share of it. A part that
    fails is asked after `every` and the pause of the back-off behind it, whose ceiling doubles from `every` to
    `rarest`.
    """

    every: timedelta
    rarest: timedelta = timedelta(hours=1)
    jitter: float = 0.0

    @property
    def backoff(self) -> BackoffPolicy:
        """The policy for a part that fails; one that answers has a clean slate."""
        return BackoffPolicy(first=self.every, cap=max(self.rarest, self.every))


@dataclass(frozen=True, slots=True)
class Turn:
    """When a part is asked next, and whether it fails.

    `read` is the time of the last question that was answered, `failing_since` the time of the first failure after it.
    Before `not_before` the part is not asked, even where no part answers.
    """

    due: datetime
    read: datetime | None = None
    fault: str = ""
    failing_since: datetime | None = None
    failures: Failures = field(default_factory=Failures)
    not_before: datetime | None = None

    def is_left_out(self, now: datetime) -> bool:
        """Whether the watermark does not wait for the part: it was never read, or has failed for `HELD_BACK`."""
        return self.failing_since is not None and (self.read is None or now - self.failing_since >= HELD_BACK)

    def earlier(self, back: timedelta) -> Turn:
        """The turn after the clock was set back by `back`: its waits stay as long, `read` keeps its time."""
        not_before = None if self.not_before is None else self.not_before - back
        since = None if self.failing_since is None else self.failing_since - back
        return replace(self, due=self.due - back, not_before=not_before, failing_since=since)


def after_answer(rhythm: Rhythm, now: datetime, chance: float) -> Turn:
    """The turn of a part that was asked at `now` and answered. `chance` is a random number in [0, 1)."""
    return Turn(now + rhythm.every * (1 + rhythm.jitter * (2 * chance - 1)), read=now)


def after_failure(
    rhythm: Rhythm, turn: Turn, now: datetime, *, fault: str, passes: bool, retry_after: timedelta | None, chance: float
) -> Turn:
    """The turn of a part that failed at `now`. `retry_after` is how long the network asked to be left alone.

    `passes` says that the network failed and not the part: then the part may be asked earlier where no part answers.
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
    """All parts of one source, by key. It lives as long as the source, so that a failure outlasts a connection."""

    def __init__(
        self,
        kind: str,
        labels: Mapping[str, str],
        rhythm: Rhythm,
        clock: Clock,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`kind` is what one part is called; `labels` hold each part's name for a person, by its key."""
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
        """Whose turn comes first, and when."""
        self._now()
        return min(((key, turn.due) for key, turn in self._turns.items()), key=lambda each: each[1])

    def pause(self) -> Pause:
        """The rest until the first part's turn."""
        return Pause(max((self.first()[1] - self._clock()).total_seconds(), 0))

    def due(self) -> list[str]:
        """Whose turn it is now."""
        now = self._now()
        return [key for key, turn in self._turns.items() if turn.due <= now]

    def _now(self) -> datetime:
        """The clock. Where it was set back, the turns are moved back too: else no part would be asked for as long."""
        now = self._clock()
        back = max(self._latest - now, timedelta())
        if back:
            self._turns = {key: turn.earlier(back) for key, turn in self._turns.items()}
        self._latest = now
        return now

    def is_left_out(self, key: str) -> bool:
        """Whether the watermark does not wait for a part."""
        return self._turns[key].is_left_out(self._clock())

    def drop(self, key: str, fault: str) -> Iterator[PartStatus]:
        """Never ask a part again, let no watermark wait for it, and tell why."""
        if self._turns.pop(key, None):
            yield PartStatus(self._labels[key], fault)

    def attempt(self, key: str, work: Iterable[Step]) -> Generator[Step | PartStatus, None, bool]:
        """Read a part by `work`, whether it fails or not; the result says whether it was read.

        Raises:
            RateLimited: the network, which all parts share, wants to be left alone.
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
        """Note that a part was asked at `asked_at` and read; tell that it works again, where it had failed."""
        before = self._turns[key]
        self._turns[key] = after_answer(self._rhythm, asked_at, self._chance())
        if before.fault:
            yield PartStatus(self._labels[key])

    def failed(
        self, key: str, fault: str, *, passes: bool, retry_after: timedelta | None = None
    ) -> Iterator[PartStatus]:
        """Note that a part cannot be read, and tell so where its fault is new.

        `passes` says that the network failed and not the part.

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

        A part that refused, or asked to be left alone, keeps its `not_before`. The result is the time until the first
        part may be asked, None where that is now.
        """
        for key, turn in self._turns.items():
            # The one that was asked last comes behind the others.
            soon = now + BEHIND_THE_OTHERS if key == last else now
            self._turns[key] = replace(turn, due=max(min(turn.due, soon), turn.not_before or soon))
        wait = min(turn.due for turn in self._turns.values()) - now
        return wait if wait > BEHIND_THE_OTHERS else None

    def covered(self, since: datetime) -> tuple[datetime, datetime] | None:
        """The span, beginning at `since` or later, for which all parts have been read; None before each was read once.

        A part that fails holds the span's end back for `HELD_BACK`. Then it is left out, and the span begins where
        that part was last read: a span never holds a time that one of its parts has missed.
        """
        now = self._clock()
        out = [turn for turn in self._turns.values() if turn.is_left_out(now)]
        read = [turn.read for turn in self._turns.values() if not turn.is_left_out(now)]
        known = [moment for moment in read if moment is not None]
        if not known or len(known) < len(read):
            return None
        since = max([since, *(turn.read for turn in out if turn.read is not None)])
        return since, max(since, min(known))
