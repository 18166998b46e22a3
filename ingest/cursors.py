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

from ingest.source import Cursor


class CursorUnreadable(Exception):
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
            return msgspec.json.decode(self.path.read_bytes(), type=dict[str, object])
        except FileNotFoundError:
            return {}
        except msgspec.DecodeError as error:
            raise CursorUnreadable(
                f"{self.path} holds no cursor ({error}): remove it to read the source from its beginning."
            ) from error

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
    """One message under way: where it went, once that is known, and the cursor behind it."""

    cursor: Cursor
    partition: int | None = None
    offset: int = -1


@dataclass
class Tracker:
    """Messages in the order in which the source yielded them. Deliveries arrive from another thread."""

    _steps: deque[Step] = field(default_factory=deque)
    _lock: Lock = field(default_factory=Lock)

    def sent(self, cursor: Cursor) -> Step:
        """Note a message that is about to be sent."""
        step = Step(cursor)
        with self._lock:
            self._steps.append(step)
        return step

    def delivered(self, step: Step, partition: int, offset: int) -> None:
        """Note that the broker has it."""
        with self._lock:
            step.partition, step.offset = partition, offset

    def __len__(self) -> int:
        return len(self._steps)

    def advance(self, committed: Mapping[int, int] | None = None) -> Cursor | None:
        """Forget the steps that are safe, from the oldest on; the cursor behind them, None if there is none.

        `committed` maps a partition to the next offset its group will read; without it, delivery is enough.
        """
        cursor = None
        with self._lock:
            while self._steps and _is_safe(self._steps[0], committed):
                cursor = self._steps.popleft().cursor
        return cursor


def _is_safe(step: Step, committed: Mapping[int, int] | None) -> bool:
    if step.partition is None:
        return False
    return committed is None or step.offset < committed.get(step.partition, 0)
