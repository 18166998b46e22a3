"""The skim: a fast test of many texts at once for words that they may contain, before any of them is folded.

The texts become one array of code points, which one table folds, and one automaton reads the result. Most posts of a
network end here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from processing.tagging.text import batches, spaced
from processing.tagging.topics.matcher import automaton, writings
from processing.tagging.topics.rule_tree import Term

_END, _DROPPED = ord("\n"), 1
"""Codes in the array that stand for the end of a text, and for nothing."""
_LONGER, _COMPOSES = 1 << 30, 1 << 31
"""Marks of a code: the folding of the code point has more characters; it may unite with a character beside it."""
_CODE = _LONGER - 1
_JAMO = range(0x1100, 0x1200)
"""The letters of Korean syllables, which unite although they are no marks."""


class Skim:
    """A test for texts that may contain any of some terms."""

    def __init__(self, terms: Iterable[Term]) -> None:
        longest = {max(written.split(), key=len) for term in terms for written in writings(term)}
        self._automaton = automaton((word, True) for word in longest)

    def maybes(self, texts: Sequence[str]) -> list[int]:
        """Return the numbers, in order, of the texts of whose `matchable` text `Prefilter.passes` may be true.

        For all other texts it is certainly false. A text has at most 60,000 characters.
        """
        if not self._automaton:
            return []
        found, first = [], 0
        for some in batches(texts):
            found += [first + number for number in self._maybes(some)]
            first += len(some)
        return found

    def _maybes(self, texts: Sequence[str]) -> list[int]:
        line = "\n".join([text.replace("\n", " ") for text in texts])
        points = np.frombuffer(line.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        codes, composing = _FOLDING.fold(points)
        shown = codes.tobytes().decode("utf-32-le", "surrogatepass")
        hits = [last for last, _ in self._automaton.iter(shown)]
        numbers = {*_owners(codes, np.array(hits, dtype=np.intp)), *_owners(points, composing)}
        return sorted(numbers)


def _owners(codes: NDArray[np.uint32], places: NDArray[np.intp]) -> list[int]:
    """Return the numbers of the texts in which places lie."""
    return np.searchsorted(np.flatnonzero(codes == _END), places).tolist() if len(places) else []


class Folding:
    """The folding of every code point met so far, as a table of codes. Zero stands for a code point not met yet.

    A space stands for what no word contains. An underscore counts as nothing, because the words of a hashtag are also
    matched without what parts them.
    """

    def __init__(self) -> None:
        self._codes = np.zeros(0x110000, dtype=np.uint32)
        self._codes[[_END, ord("_")]] = _END, _DROPPED
        self._rest: dict[int, list[int]] = {}
        """The further characters of code points whose folding has more than one."""

    def fold(self, points: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
        """Return the folded code points, and the places of those `points` that may unite with a neighbour."""
        codes = self._codes.take(points)
        if not codes.all():
            for point in np.unique(points[codes == 0]).tolist():
                self._meet(point)
            codes = self._codes.take(points)
        marked = np.flatnonzero(codes > _CODE)
        if not len(marked):
            return codes[codes != _DROPPED], marked
        marks = codes[marked]
        codes &= _CODE
        longer = marked[marks & _LONGER != 0]
        rests = [self._rest[point] for point in points[longer].tolist()]
        further = [code for rest in rests for code in rest]
        codes = np.insert(codes, np.repeat(longer + 1, [len(rest) for rest in rests]), further)
        return codes[codes != _DROPPED], marked[marks & _COMPOSES != 0]

    def _meet(self, point: int) -> None:
        folded = spaced(point)
        code, *rest = [ord(" ")] if folded.isspace() else [*map(ord, folded)] or [_DROPPED]
        if rest:
            self._rest[point] = rest
            code |= _LONGER
        if any(map(_composes, folded)):
            code |= _COMPOSES
        self._codes[point] = code


def _composes(character: str) -> bool:
    return unicodedata.category(character)[0] == "M" or ord(character) in _JAMO


_FOLDING = Folding()
