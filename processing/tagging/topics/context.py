"""A text in the form in which checks read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from processing.tagging.topics.matcher import Span, ruler

MOST_PLACES = 64
"""The most places of one check that are examined. A text that repeats a word ten thousand times means no more."""

_SHORT = 500
"""The most characters of a text in which counting spaces for each place is faster than measuring the whole text."""

ANYTHING = 1
"""The bit that is set for every text and belongs to no term."""


Place = tuple[int, int, int, int]
"""A place: its first character and the character after it, and the same two positions in half words."""


def joined(one: Place, other: Place) -> Place:
    """Return the place from the earlier beginning to the later end of two places."""
    return min(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), max(one[3], other[3])


def any_close(place: Place, others: Sequence[Place], half_words: int) -> bool:
    """Return whether at most `half_words` half words lie between a place and any of the others, before or after it."""
    _, _, first, last = place
    for _, _, other_first, other_last in others:
        if other_first - last <= half_words and first - other_last <= half_words:
            return True
    return False


class MatchContext:
    """A text, the terms found in it (places by number, and a mask), and the language and source of its post.

    `held` and `places` cache the results of checks.
    """

    __slots__ = ("_by_number", "_ruler", "found", "held", "hits", "language", "places", "source", "text")

    def __init__(self, text: str, hits: Mapping[int, Sequence[Span]], found: int, language: str, source: str) -> None:
        self.text, self.hits, self.found, self.language, self.source = text, hits, found, language, source
        self.held: dict[object, bool] = {}
        self.places: dict[object, list[Place]] = {}
        self._ruler: list[int] | None = None
        self._by_number: list[tuple[int, list[Place]]] | None = None

    def by_number(self) -> list[tuple[int, list[Place]]]:
        """Return the places of every term found, by the term's number."""
        if self._by_number is None:
            self._by_number = [(number, self.located(spans)) for number, spans in self.hits.items()]
        return self._by_number

    def located(self, spans: Sequence[Span]) -> list[Place]:
        """Return spans as places."""
        if len(self.text) <= _SHORT and self.text.isascii():  # only spaces separate its words
            count = self.text.count
            return [(start, end, 2 * count(" ", 0, start), 2 * count(" ", 0, end)) for start, end in spans]
        if self._ruler is None:
            self._ruler = ruler(self.text)
        words = self._ruler
        return [(start, end, words[start], words[end]) for start, end in spans]
