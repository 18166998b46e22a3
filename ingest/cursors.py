"""The cursor of each source, which marks where the source stopped.

A file keeps it, and it advances only behind safe posts.

A post is safe once the broker has acknowledged it. The embedded broker loses its memory when it ends. With it, a post
is safe once the consumer group has committed its offset, which means that the post is counted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import msgspec

from ingest.atomic_file import replace_file
from ingest.errors import Misconfigured
from ingest.source import Cursor, NotACursor

LARGEST = 64 * 1024 * 1024
"""The largest cursor in bytes. The cursor of a long list of feeds has a few million bytes."""


class CursorUnreadable(Misconfigured):
    """A cursor file exists and holds no valid cursor; a person has to repair or remove it."""


@dataclass(frozen=True)
class CursorFile:
    """One source's cursor on disk. A write replaces the file as a whole, or leaves it unchanged."""

    path: Path

    def read(self) -> Cursor:
        """Return the cursor; it is empty before the first write.

        Raises:
            CursorUnreadable: the file is unreadable or holds no cursor.
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
        """Return the error for a person after the source has refused the cursor in this file."""
        return self._unreadable(f"{self.path} holds no cursor of {refusal.source} ({refusal.reason})")

    @staticmethod
    def _unreadable(what: str) -> CursorUnreadable:
        return CursorUnreadable(f"{what}: put back a copy of it, or remove it to read the source from its beginning.")

    def write(self, cursor: Cursor) -> None:
        """Replace the cursor. The new cursor is on the disk when the function returns."""
        replace_file(self.path, msgspec.json.encode(cursor))


@dataclass(slots=True)
class Step:
    """One message under way, and the cursor that follows it. `number` counts from 1.

    `partition` is None until the broker has acknowledged the message.
    """

    cursor: Cursor
    number: int = 0
    partition: int | None = None
    offset: int = -1


@dataclass
class InFlight:
    """The messages under way, in the order in which the source yielded them.

    Another thread reports their deliveries.
    """

    _steps: deque[Step] = field(default_factory=deque)
    _unacknowledged: deque[Step] = field(default_factory=deque)
    """The oldest message without an acknowledgement, and every message sent after it."""
    _last_sent: int = 0
    _owed: int = 0
    _free: Cursor | None = None
    """A cursor that is safe already, because no message was under way when the source reached it."""
    _lock: Lock = field(default_factory=Lock)

    def sent(self, cursor: Cursor) -> Step:
        """Record a message that is about to be sent, and return its step."""
        with self._lock:
            self._last_sent += 1
            self._owed += 1
            step = Step(cursor, self._last_sent)
            self._steps.append(step)
            self._unacknowledged.append(step)
        return step

    def reached(self, cursor: Cursor) -> None:
        """Record that the source has advanced without a message. The cursor is safe once the last message is."""
        with self._lock:
            if self._steps:
                self._steps[-1].cursor = cursor
            else:
                self._free = cursor

    def delivered(self, step: Step, partition: int, offset: int) -> None:
        """Record that the broker has acknowledged the message."""
        with self._lock:
            self._owed -= step.partition is None
            step.partition, step.offset = partition, offset
            while self._unacknowledged and self._unacknowledged[0].partition is not None:
                self._unacknowledged.popleft()

    @property
    def unacknowledged(self) -> int:
        """The number of messages that the broker has not acknowledged."""
        return self._owed

    @property
    def last_sent(self) -> int:
        """The number of the newest message."""
        return self._last_sent

    @property
    def acknowledged(self) -> int:
        """The largest number up to which the broker has acknowledged every message."""
        with self._lock:
            return self._unacknowledged[0].number - 1 if self._unacknowledged else self._last_sent

    def __len__(self) -> int:
        return len(self._steps)

    def advance(self, committed: Mapping[int, int] | None = None) -> Cursor | None:
        """Remove the safe steps, from the oldest on, and return the cursor behind them, or None if there is none.

        `committed` maps a partition to the next offset that its group will read. Without it, an acknowledged message is
        safe.
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
