"""A text in the form in which checks read it."""

from __future__ import annotations

from collections.abc import Sequence

from processing.tagging.topics.matcher import Hit, Place

MOST_PLACES = 64
"""The most places of one check that are examined. A text that repeats a word ten thousand times means no more."""

ANYTHING = 1
"""The bit that is set for every text and belongs to no term."""


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
    """A text, the terms found in it (as hits, and as one mask of all), and the language and source of its post.

    `held` and `places` cache the results of checks.
    """

    __slots__ = ("found", "held", "hits", "language", "places", "source", "text")

    def __init__(self, text: str, hits: Sequence[Hit], language: str, source: str) -> None:
        self.text, self.hits, self.language, self.source = text, hits, language, source
        self.found = ANYTHING
        for mask, _ in hits:
            self.found |= mask
        self.held: dict[object, bool] = {}
        self.places: dict[object, list[Place]] = {}
