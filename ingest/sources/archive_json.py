"""JSON values that do not stand one to a line: arrays, what is printed over many lines, and lists inside an answer.

Bytes are taken for Latin-1: every sign of JSON is ASCII, so that Python's decoder tells to the byte where a value ends.
No more than one element is held at a time.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from json import JSONDecodeError, JSONDecoder

from ingest.sources.lines import BUFFER, LONGEST, Broken, Line

LISTS = frozenset({"orderedItems", "feed", "posts", "records", "statuses"})
"""Where an answer or an export keeps its posts: an outbox of ActivityPub; the feeds, searches and repositories of
Bluesky; the searches of Mastodon and of X's API v1.1."""

TOO_LONG = f"It is longer than {LONGEST} bytes."
MARGIN = 64
"""Characters before the end of what is read at which a value may be cut in the middle of a word."""

_SIGN = re.compile(r"[^ \t\r\n]")
_BEGINNING = re.compile(r"[,\[\n]\s*(?=\{\s*\")")
"""Where an element may begin, behind one that is broken."""

_ARRAY = re.compile(rb"\s*\[\s*[{\]]")
_OBJECT = re.compile(rb"\s*\{")
_GOES_ON = re.compile(rb"\s*\{(?:[^\n]*[,\[{])?\s*\n")
"""An object whose first line is not its last: a line that holds a whole one ends with its brace."""

_find_value = JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, strict=False).raw_decode
"""Only where a value ends is asked; what it says is for the strict decoder of its form."""

IsKnown = Callable[[bytes], bool]


class NoValue(ValueError):
    """No JSON value can be read here; the message says why."""


def is_document(head: bytes) -> bool:
    """Whether a file that begins so is to be read by values and not by lines."""
    if _ARRAY.match(head) or _GOES_ON.match(head):
        return True
    if not _OBJECT.match(head):
        return False
    window = _Window(io.BufferedReader(io.BytesIO(head)))
    try:
        window.sign()
        window.pass_sign()
        return _to_list(window)
    except NoValue:
        return False


def values_of(where: str, stream: io.BufferedReader, is_known: IsKnown) -> Iterator[Line]:
    """Every object of a content, one behind the other, in arrays and in the lists of answers; `number` counts them.

    Behind one that is broken, reading goes on at the next that `is_known`.
    """
    yield from _Document(where, _Window(stream), is_known).lines()


class _Window:
    """The part of a content that is looked at: from `at` on, or from what is held."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self.at = 0
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
                if end - self.at > LONGEST:
                    raise NoValue(TOO_LONG)
                # A number may go on behind what is read.
                if self._text[end - 1] in '}]"' or end < len(self._text) or not self._read():
                    value, self.at = self._text[self.at : end], end
                    return value
            except RecursionError as error:
                raise NoValue("It is nested too deeply.") from error
            except JSONDecodeError as error:
                self._read_on(error)

    def _read_on(self, error: JSONDecodeError) -> None:
        """Read more of a value that may only be cut off by the end of what is read.

        Raises:
            NoValue: it is not, or nothing more comes.
        """
        is_cut = error.msg.startswith("Unterminated string") or error.pos > len(self._text) - MARGIN
        if not is_cut:
            raise NoValue(f"It is not JSON: {error.msg}.") from error
        if len(self._text) - (self.at if self._held is None else self._held) > LONGEST:
            raise NoValue(TOO_LONG) from error
        if not self._read():
            raise NoValue("It is cut off by the end of the file.") from error

    def find(self, is_known: IsKnown) -> None:
        """Go to the next object that is known, or to the end."""
        self._held = None
        while True:
            found = _BEGINNING.search(self._text, self.at)
            if found is None:
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


class _Document:
    """Reads one content. Each part of the grammar is a function that begins where the window stands."""

    def __init__(self, where: str, window: _Window, is_known: IsKnown) -> None:
        self._where = where
        self._window = window
        self._is_known = is_known
        self._number = 0

    def lines(self) -> Iterator[Line]:
        window = self._window
        while sign := window.sign():
            if sign == "{":
                yield from self._object()
            elif sign in "[]},":
                # Behind something broken its brackets may be left over.
                window.pass_sign()
                if sign == "[":
                    yield from self._elements()
            else:
                yield self._element()

    def _elements(self) -> Iterator[Line]:
        window = self._window
        while sign := window.sign():
            if sign in ",]}":
                window.pass_sign()
                if sign == "]":
                    return
                continue
            element = self._element()
            yield element
            if isinstance(element.content, Broken) and not window.sign():
                return
        yield self._line(Broken("The file ends before its array does."))

    def _element(self) -> Line:
        try:
            content = self._window.value().encode("latin-1")
        except NoValue as error:
            return self._broken(error)
        return self._line(content)

    def _object(self) -> Iterator[Line]:
        """An object is one post or a page of them, unless it has a list: then it is the elements of that."""
        window = self._window
        window.hold()
        window.pass_sign()
        is_list = False
        try:
            while _to_list(window):
                is_list = True
                window.release()
                yield from self._elements()
        except NoValue as error:
            yield self._broken(error)
        else:
            if not is_list:
                yield self._line(window.held())
            window.release()

    def _broken(self, error: NoValue) -> Line:
        line = self._line(Broken(str(error)))
        self._window.find(self._is_known)
        return line

    def _line(self, content: bytes | Broken) -> Line:
        self._number += 1
        return Line(f"{self._where} element {self._number}", self._number, content)


def _to_list(window: _Window) -> bool:
    """Go on inside an object, behind the bracket of its next list; False: behind its end.

    Raises:
        NoValue
    """
    while (sign := window.sign()) == '"' or sign == ",":
        if sign == ",":
            window.pass_sign()
            continue
        key = window.value()
        if window.sign() != ":":
            raise NoValue("It is not JSON: Expecting ':' delimiter.")
        window.pass_sign()
        if window.sign() == "[" and key[1:-1] in LISTS:
            window.pass_sign()
            return True
        window.value()
    if sign != "}":
        raise NoValue("It is not JSON: Expecting ',' delimiter." if sign else "It is cut off by the end of the file.")
    window.pass_sign()
    return False
