"""Server-sent events, read from the pieces of a stream. This module is pure.

Format: https://html.spec.whatwg.org/#event-stream-interpretation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

LONGEST_EVENT = 1024 * 1024


class TooLong(Exception):
    """An event is longer than `LONGEST_EVENT` bytes."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its name and its data. A comment, which only shows that the stream is alive, has neither."""

    name: str = ""
    data: bytes = b""


@dataclass(slots=True)
class EventReader:
    """Reads a stream from pieces of any length. It reads each byte once and holds at most one event."""

    _rest: bytearray = field(default_factory=bytearray)
    """The beginning of an unfinished line."""
    _name: bytes = b""
    _data: list[bytes] = field(default_factory=list)
    _size: int = 0
    """The bytes in the lines of an unfinished event, including lines that are not kept."""

    def feed(self, piece: bytes) -> Iterator[Event]:
        """Yield the events and comments that a piece completes.

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
