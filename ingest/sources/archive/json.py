"""JSON values that do not stand one to a line: arrays, values over many lines, and lists inside an API answer.

At most one element is in memory at a time.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from ingest.sources.archive.json_window import IsKnown, JsonWindow, NoValue
from ingest.transport.files import BrokenLine, Line

LISTS = frozenset({"orderedItems", "feed", "posts", "records", "statuses"})
"""The keys under which an answer or an export lists its posts: an outbox of ActivityPub; the feeds, searches and
repositories of Bluesky; the searches of Mastodon and of X's API v1.1."""

_ARRAY = re.compile(rb"\s*\[\s*[{\]]")
_OBJECT = re.compile(rb"\s*\{")
_GOES_ON = re.compile(rb"\s*\{(?:[^\n]*[,\[{])?\s*\n")
"""An object over several lines. A line with a complete object would end with the object's brace."""


def is_document(head: bytes) -> bool:
    """Return whether a file that begins with `head` must be read value by value, and not line by line."""
    if _ARRAY.match(head) or _GOES_ON.match(head):
        return True
    if not _OBJECT.match(head):
        return False
    window = JsonWindow(io.BufferedReader(io.BytesIO(head)))
    try:
        window.sign()
        window.pass_sign()
        return _to_list(window)
    except NoValue:
        return False


def values_of(where: str, stream: io.BufferedReader, is_known: IsKnown) -> Iterator[Line]:
    """Yield every object of a content, including those in arrays and in the lists of answers. `number` counts them.

    After a broken object, reading goes on at the next object that `is_known`.
    """
    yield from _Document(where, JsonWindow(stream), is_known).lines()


class _Document:
    """Reads one content. Each function reads one rule of the grammar, from the window's position on."""

    def __init__(self, where: str, window: JsonWindow, is_known: IsKnown) -> None:
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
                # The closing brackets of a broken object may remain after it.
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
            if isinstance(element.content, BrokenLine) and not window.sign():
                return
        yield self._line(BrokenLine("The file ends before its array does."))

    def _element(self) -> Line:
        try:
            content = self._window.value().encode("latin-1")
        except NoValue as error:
            return self._broken(error)
        return self._line(content)

    def _object(self) -> Iterator[Line]:
        """Yield an object with one post or a page of posts.

        For an object with a list, yield the elements of the list.
        """
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
        line = self._line(BrokenLine(str(error)))
        self._window.find(self._is_known)
        return line

    def _line(self, content: bytes | BrokenLine) -> Line:
        self._number += 1
        return Line(f"{self._where} element {self._number}", self._number, content)


def _to_list(window: JsonWindow) -> bool:
    """Move past the opening bracket of the object's next list and return True.

    Without another list, move past the object's end and return False.

    Raises:
        NoValue: the text is not JSON.
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
