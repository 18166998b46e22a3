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
    """Takes a stream piece by piece, wherever it is cut. It looks at each byte once, and holds one event at most."""

    _rest: bytearray = field(default_factory=bytearray)
    """A line that has not ended yet."""
    _name: bytes = b""
    _data: list[bytes] = field(default_factory=list)
    _size: int = 0
    """Bytes of the lines of an event that has not ended yet, also of those that nobody keeps."""

    def feed(self, piece: bytes) -> Iterator[Event]:
        """The events and comments that a piece completes.

        Raises:
            TooLong: an event exceeds `LONGEST_EVENT` bytes.
        """
        *lines, rest = piece.split(b"\n")
        for line in lines:
            self._add(line)
            whole, self._rest = bytes(self._rest), bytearray()
            yield from self._line(whole.removesuffix(b"\r"))
        self._add(rest)

    def _add(self, part: bytes) -> None:
        self._rest += part
        if self._size + len(self._rest) > LONGEST_EVENT:
            raise TooLong(f"An event is longer than {LONGEST_EVENT} bytes.")

    def _line(self, line: bytes) -> Iterator[Event]:
        if line.startswith(b":"):
            yield Event()
        elif line:
            self._size += len(line) + 1
            self._field(line)
        elif self._size:
            event = Event(self._name.decode(errors="replace"), b"\n".join(self._data))
            self._name, self._data, self._size = b"", [], 0
            yield event

    def _field(self, line: bytes) -> None:
        key, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if key == b"event":
            self._name = value
        elif key == b"data":
            self._data.append(value)
