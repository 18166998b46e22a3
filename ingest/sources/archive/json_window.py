"""Where one JSON value ends and the next begins, in bytes that are read piece by piece.

Bytes are taken for Latin-1: every sign of JSON is ASCII, so that Python's decoder tells to the byte where a value ends.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from json import JSONDecodeError, JSONDecoder

from ingest.transport.files import LONGEST_LINE
from ingest.transport.unpacking import BUFFER

TOO_LONG = f"It is longer than {LONGEST_LINE} bytes."
MARGIN = 64
"""Characters before the end of what is read at which a value may be cut in the middle of a word."""

MOST_AGAIN = 4 * LONGEST_LINE
"""Characters that are looked at again behind something broken, before what has been read by then is passed over."""

_SIGN = re.compile(r"[^ \t\r\n]")
_BEGINNING = re.compile(r"[,\[\n]\s*(?=\{\s*\")")
"""Where an element may begin, behind one that is broken."""

_find_value = JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, strict=False).raw_decode
"""Only where a value ends is asked; what it says is for the strict decoder of its form."""

IsKnown = Callable[[bytes], bool]


class NoValue(ValueError):
    """No JSON value can be read here; the message says why."""


class JsonWindow:
    """The part of a content that is looked at: from `at` on, or from what is held."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self.at = 0
        self.looked_at = 0
        """Characters that were looked at in search of a value's end, some of them many times."""
        self._stream = stream
        self._text = ""
        self._held: int | None = None

    def hold(self) -> None:
        """Keep what stands from here on."""
        self._held = self.at

    def held(self) -> bytes:
        """What stands from where it was held up to here."""
        return self._text[self._held : self.at].encode("latin-1")

    def release(self) -> None:
        """Keep no more than what stands ahead."""
        self._held = None

    def sign(self) -> str:
        """The next sign that is not blank, which is gone to; nothing at the end."""
        while (found := _SIGN.search(self._text, self.at)) is None:
            self.at = len(self._text)
            if not self._read():
                return ""
        self.at = found.start()
        return found[0]

    def pass_sign(self) -> None:
        """Go behind the sign that stands here."""
        self.at += 1

    def value(self) -> str:
        """The value that begins here, which is gone behind.

        Raises:
            NoValue: there is none; nothing is gone behind.
        """
        while True:
            try:
                _, end = _find_value(self._text, self.at)
                self.looked_at += end - self.at
                if end - self.at > LONGEST_LINE:
                    raise NoValue(TOO_LONG)
                # A number may go on behind what is read.
                if self._text[end - 1] in '}]"' or end < len(self._text) or not self._read():
                    value, self.at = self._text[self.at : end], end
                    return value
            except RecursionError as error:
                raise NoValue("It is nested too deeply.") from error
            except JSONDecodeError as error:
                self.looked_at += error.pos - self.at
                self._read_on(error)

    def _read_on(self, error: JSONDecodeError) -> None:
        """Read more of a value that may only be cut off by the end of what is read.

        Raises:
            NoValue: it is not, or nothing more comes.
        """
        is_cut = error.msg.startswith("Unterminated string") or error.pos > len(self._text) - MARGIN
        if not is_cut:
            raise NoValue(f"It is not JSON: {error.msg}.") from error
        if len(self._text) - (self.at if self._held is None else self._held) > LONGEST_LINE:
            raise NoValue(TOO_LONG) from error
        if not self._read():
            raise NoValue("It is cut off by the end of the file.") from error

    def find(self, is_known: IsKnown) -> None:
        """Go to the next object that is known, or to the end."""
        self._held, most = None, self.looked_at + MOST_AGAIN
        while True:
            found = _BEGINNING.search(self._text, self.at)
            if found is None or self.looked_at > most:
                most = self.looked_at + MOST_AGAIN
                self.at = max(self.at, len(self._text) - MARGIN)
                if not self._read():
                    self.at = len(self._text)
                    return
            else:
                self.at = found.end()
                if self._stands(is_known):
                    return

    def _stands(self, is_known: IsKnown) -> bool:
        """Whether a known object begins here."""
        self.hold()
        try:
            found = is_known(self.value().encode("latin-1"))
        except NoValue:
            found = False
        self.at = self._held or 0
        self.release()
        return found

    def _read(self) -> bool:
        """Read as much again as is held, so that a long value is looked at a few times only."""
        first = self.at if self._held is None else self._held
        content = self._stream.read1(max(BUFFER, len(self._text) - first))
        self._text = self._text[first:] + content.decode("latin-1")
        self.at -= first
        self._held = None if self._held is None else 0
        return bool(content)
