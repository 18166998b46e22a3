"""Server-sent events out of the pieces in which they arrive: pure. https://html.spec.whatwg.org/#event-stream-interpretation"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

LONGEST_EVENT = 1024 * 1024


class TooLong(Exception):
    """An event is longer than anybody has a use for."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its name and its data. A comment, which says that the stream is alive, has neither."""

    name: str = ""
    data: bytes = b""


@dataclass(slots=True)
class EventReader:
    """Takes a stream piece by piece, wherever it is cut."""

    _rest: bytes = b""
    _fields: dict[bytes, bytes] = field(default_factory=dict)

    def feed(self, piece: bytes) -> Iterator[Event]:
        """The events and comments that a piece completes.

        Raises:
            TooLong: an event exceeds `LONGEST_EVENT` bytes.
        """
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            yield from self._line(line.removesuffix(b"\r"))
        if len(self._rest) + sum(map(len, self._fields.values())) > LONGEST_EVENT:
            raise TooLong(f"An event is longer than {LONGEST_EVENT} bytes.")

    def _line(self, line: bytes) -> Iterator[Event]:
        if line.startswith(b":"):
            yield Event()
        elif line:
            key, _, value = line.partition(b":")
            value = value.removeprefix(b" ")
            self._fields[key] = self._fields[key] + b"\n" + value if key in self._fields else value
        elif self._fields:
            name = self._fields.get(b"event", b"").decode(errors="replace")
            data = self._fields.get(b"data", b"")
            self._fields.clear()
            yield Event(name, data)
