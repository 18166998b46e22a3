"""A window over bytes that are read piece by piece. It finds where one JSON value ends and the next begins.

The bytes are decoded as Latin-1, so one character is one byte. Every sign of JSON is ASCII, so Python's decoder finds
the exact byte at which a value ends.
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
"""Distance from the end of the read text, in characters, in which an error may only mean that a word is cut."""

MOST_AGAIN = 4 * LONGEST_LINE
"""The most characters that are read again after a broken value, before the text read so far is skipped."""

_SIGN = re.compile(r"[^ \t\r\n]")
_BEGINNING = re.compile(r"[,\[\n]\s*(?=\{\s*\")")
"""The possible beginning of an element after a broken one."""

_find_value = JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, strict=False).raw_decode
"""A decoder that finds where a value ends. The strict decoder of the form reads the value itself."""

IsKnown = Callable[[bytes], bool]


class NoValue(ValueError):
    """No JSON value begins here; the message gives the reason."""


class JsonWindow:
    """The part of a content in memory: it begins at `at`, or earlier at the held position."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self.at = 0
        self.looked_at = 0
        """The number of characters read in search of a value's end. Repeated reading counts again."""
        self._stream = stream
        self._text = ""
        self._held: int | None = None

    def hold(self) -> None:
        """Keep the text from the present position on."""
        self._held = self.at

    def held(self) -> bytes:
        """Return the bytes from the held position to the present one."""
        return self._text[self._held : self.at].encode("latin-1")

    def release(self) -> None:
        """Keep only the text from the present position on."""
        self._held = None

    def sign(self) -> str:
        """Move to the next sign that is not blank, and return it; return an empty text at the end."""
        while (found := _SIGN.search(self._text, self.at)) is None:
            self.at = len(self._text)
            if not self._read():
                return ""
        self.at = found.start()
        return found[0]

    def pass_sign(self) -> None:
        """Move past the sign at the present position."""
        self.at += 1

    def value(self) -> str:
        """Return the value that begins here, and move past it.

        Raises:
            NoValue: no value begins here. The position is unchanged.
        """
        while True:
            try:
                _, end = _find_value(self._text, self.at)
                self.looked_at += end - self.at
                if end - self.at > LONGEST_LINE:
                    raise NoValue(TOO_LONG)
                # A number may continue after the end of the read text.
                if self._text[end - 1] in '}]"' or end < len(self._text) or not self._read():
                    value, self.at = self._text[self.at : end], end
                    return value
            except RecursionError as error:
                raise NoValue("It is nested too deeply.") from error
            except JSONDecodeError as error:
                self.looked_at += error.pos - self.at
                self._read_on(error)

    def _read_on(self, error: JSONDecodeError) -> None:
        """Read more bytes for a value that may be cut by the end of the read text.

        Raises:
            NoValue: the value is not JSON, is too long, or the file ends inside it.
        """
        is_cut = error.msg.startswith("Unterminated string") or error.pos > len(self._text) - MARGIN
        if not is_cut:
            raise NoValue(f"It is not JSON: {error.msg}.") from error
        if len(self._text) - (self.at if self._held is None else self._held) > LONGEST_LINE:
            raise NoValue(TOO_LONG) from error
        if not self._read():
            raise NoValue("It is cut off by the end of the file.") from error

    def find(self, is_known: IsKnown) -> None:
        """Move to the next known object, or to the end."""
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
        """Return whether a known object begins here."""
        self.hold()
        try:
            found = is_known(self.value().encode("latin-1"))
        except NoValue:
            found = False
        self.at = self._held or 0
        self.release()
        return found

    def _read(self) -> bool:
        """Read at least as many bytes as the window holds, so that a long value is searched only a few times."""
        first = self.at if self._held is None else self._held
        content = self._stream.read1(max(BUFFER, len(self._text) - first))
        self._text = self._text[first:] + content.decode("latin-1")
        self.at -= first
        self._held = None if self._held is None else 0
        return bool(content)
