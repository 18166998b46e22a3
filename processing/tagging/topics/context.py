"""A text as rules see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from processing.tagging.topics.matcher import Span, ruler

MOST_PLACES = 64
"""More places of one thing are not looked at: a text that repeats a word ten thousand times says no more by it."""

ANYTHING = 1
"""The bit that stands for no term: it is found in every text."""


Place = tuple[int, int, int, int]
"""Where something stands: from one character up to another, and the same in half words."""


def joined(one: Place, other: Place) -> Place:
    """From where the one begins to where the other ends, whichever that is."""
    return min(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), max(one[3], other[3])


def any_close(place: Place, others: Sequence[Place], half_words: int) -> bool:
    """Whether at most so many half words lie between a place and any of some others, before or behind it."""
    _, _, first, last = place
    for _, _, other_first, other_last in others:
        if other_first - last <= half_words and first - other_last <= half_words:
            return True
    return False


class MatchContext:
    """A text, the terms found in it (their places by number, and a mask), what its post says of itself.

    `held` and `places` are what checks have found of it, so that none looks twice.
    """

    __slots__ = ("_by_number", "_ruler", "found", "held", "hits", "language", "places", "source", "text")

    def __init__(self, text: str, hits: Mapping[int, Sequence[Span]], found: int, language: str, source: str) -> None:
        self.text, self.hits, self.found, self.language, self.source = text, hits, found, language, source
        self.held: dict[object, bool] = {}
        self.places: dict[object, list[Place]] = {}
        self._ruler: list[int] | None = None
        self._by_number: list[tuple[int, list[Place]]] | None = None

    def by_number(self) -> list[tuple[int, list[Place]]]:
        """The places of every term found."""
        if self._by_number is None:
            self._by_number = [(number, self.located(spans)) for number, spans in self.hits.items()]
        return self._by_number

    def located(self, spans: Sequence[Span]) -> list[Place]:
        """Spans as places."""
        if self._ruler is None:
            self._ruler = ruler(self.text)
        words = self._ruler
        return [(start, end, words[start], words[end]) for start, end in spans]
