"""Where each source stopped: kept in a file, advanced only behind what is safe.

Safe is what the broker has acknowledged; with the embedded broker, whose memory dies with it, what the
consumer group has committed, that is, counted.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import msgspec

from ingest.errors import Misconfigured
from ingest.source import Cursor, NotACursor

LARGEST = 64 * 1024 * 1024
"""Bytes of a cursor; the largest one, of a long list of feeds, has a few million."""


class CursorUnreadable(Misconfigured):
    """A cursor file exists and holds no cursor: somebody has to look at it."""


@dataclass(frozen=True)
class CursorFile:
    """One source's cursor on disk. A write replaces the file whole, or leaves it as it was."""

    path: Path

    def read(self) -> Cursor:
        """The cursor; empty before the first write.

        Raises:
            CursorUnreadable: the file holds something else.
        """
        try:
            with self.path.open("rb") as file:
                content = file.read(LARGEST + 1)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._unreadable(f"{self.path} cannot be read as a cursor ({error.strerror})") from error
        if len(content) > LARGEST:
            raise self._unreadable(f"{self.path} holds no cursor (it is larger than {LARGEST:,} bytes)")
        try:
            return msgspec.json.decode(content, type=dict[str, object])
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise self._unreadable(f"{self.path} holds no cursor ({error})") from error

    def refused(self, refusal: NotACursor) -> CursorUnreadable:
        """What to tell a person when the source has refused what was read."""
        return self._unreadable(f"{self.path} holds no cursor of {refusal.source} ({refusal.reason})")

    @staticmethod
    def _unreadable(what: str) -> CursorUnreadable:
        return CursorUnreadable(f"{what}: put back a copy of it, or remove it to read the source from its beginning.")

    def write(self, cursor: Cursor) -> None:
        """Replace the cursor, on the disk itself, before this returns."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(msgspec.json.encode(cursor))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)


@dataclass(slots=True)
class Step:
    """One message under way: where it went, once that is known, and the cursor behind it. `number` counts from 1."""

    cursor: Cursor
    number: int = 0
    partition: int | None = None
    offset: int = -1


@dataclass
class InFlight:
    """Messages in the order in which the source yielded them. Deliveries arrive from another thread."""

    _steps: deque[Step] = field(default_factory=deque)
    _unacknowledged: deque[Step] = field(default_factory=deque)
    """The oldest that the broker has not said to have, and those sent after it."""
    _last_sent: int = 0
    _owed: int = 0
    _free: Cursor | None = None
    """A cursor behind which nothing is under way."""
    _lock: Lock = field(default_factory=Lock)

    def sent(self, cursor: Cursor) -> Step:
        """Note a message that is about to be sent."""
        with self._lock:
            self._last_sent += 1
            self._owed += 1
            step = Step(cursor, self._last_sent)
            self._steps.append(step)
            self._unacknowledged.append(step)
        return step

    def reached(self, cursor: Cursor) -> None:
        """Note that the source has come further without a message: this cursor is safe once the last one is."""
        with self._lock:
            if self._steps:
                self._steps[-1].cursor = cursor
            else:
                self._free = cursor

    def delivered(self, step: Step, partition: int, offset: int) -> None:
        """Note that the broker has it."""
        with self._lock:
            self._owed -= step.partition is None
            step.partition, step.offset = partition, offset
            while self._unacknowledged and self._unacknowledged[0].partition is not None:
                self._unacknowledged.popleft()

    @property
    def unacknowledged(self) -> int:
        """How many messages the broker has not said to have."""
        return self._owed

    @property
    def last_sent(self) -> int:
        """The number of the newest message."""
        return self._last_sent

    @property
    def acknowledged(self) -> int:
        """The broker has every message up to this number."""
        with self._lock:
            return self._unacknowledged[0].number - 1 if self._unacknowledged else self._last_sent

    def __len__(self) -> int:
        return len(self._steps)

    def advance(self, committed: Mapping[int, int] | None = None) -> Cursor | None:
        """Forget the steps that are safe, from the oldest on; the cursor behind them, None if there is none.

        `committed` maps a partition to the next offset its group will read; without it, delivery is enough.
        """
        with self._lock:
            cursor, self._free = self._free, None
            while self._steps and _is_safe(self._steps[0], committed):
                cursor = self._steps.popleft().cursor
        return cursor


def _is_safe(step: Step, committed: Mapping[int, int] | None) -> bool:
    if step.partition is None:
        return False
    return committed is None or step.offset < committed.get(step.partition, 0)
