"""A stream that drops what it cannot write."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, TextIO


class AsFarAsPossible:
    """A stream that drops what it cannot write.

    A full disk under the output, or a reader who has gone, must not end the work.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, or lose it."""
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Pass on what is written, or lose it."""
        with suppress(OSError):
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
