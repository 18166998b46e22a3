"""Checks: compiled rules that say whether a text matches, and at which places.

Every check knows what a text must contain, as bit masks over the terms found in it. For most texts, the masks decide.
Places are computed only to measure or show a distance, and once for each text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import islice
from operator import or_
from typing import Protocol

from processing.tagging.topics.context import ANYTHING, MOST_PLACES, MatchContext, any_close, joined
from processing.tagging.topics.matcher import Place, begins_word, ends_word, located
from processing.tagging.topics.regex import compile_pattern


class Check(Protocol):
    """A compiled rule. An `exact` check holds for every text that contains a term of each need."""

    @property
    def needs(self) -> tuple[int, ...]:
        """Bit masks. The check fails for a text in which no bit of one of the masks is set."""
        ...

    @property
    def exact(self) -> bool: ...

    def holds(self, reading: MatchContext) -> bool: ...

    def places(self, reading: MatchContext) -> list[Place]:
        """Return the places that make the check true, at most `MOST_PLACES`.

        There are none if the check is true because something is absent.
        """
        ...


class TermFound:
    """The check that a text contains one of some terms, whose hits have a bit."""

    exact = True

    def __init__(self, bit: int) -> None:
        self.needs = (bit,)
        self._bit = bit

    def holds(self, reading: MatchContext) -> bool:
        return reading.found & self._bit != 0

    def places(self, reading: MatchContext) -> list[Place]:
        known = reading.places.get(self)
        if known is None:
            known = reading.places[self] = self._look(reading)
        return known

    def _look(self, reading: MatchContext) -> list[Place]:
        bit = self._bit
        spans = [span for mask, span in reading.hits if mask & bit]
        if len(spans) > 1:
            spans.sort()
        return located(reading.text, spans[:MOST_PLACES])


class Matched:
    """The check of a regular expression."""

    exact = False
    needs = ()

    def __init__(self, written: str) -> None:
        self._pattern = compile_pattern(written)

    def holds(self, reading: MatchContext) -> bool:
        return bool(self.places(reading))

    def places(self, reading: MatchContext) -> list[Place]:
        known = reading.places.get(self)
        if known is None:
            known = reading.places[self] = self._look(reading)
        return known

    def _look(self, reading: MatchContext) -> list[Place]:
        text = reading.text
        spans = (match.span() for match in self._pattern.finditer(text))
        whole = [span for span in spans if begins_word(text, span[0]) and ends_word(text, span[1])]
        return located(text, whole[:MOST_PLACES])


class FieldIs:
    """The check of a field of the post: `lang:` or `source:`."""

    exact = False
    needs = ()

    def __init__(self, field: str, value: str) -> None:
        self._field, self._value = field, value

    def holds(self, reading: MatchContext) -> bool:
        return self._value == (reading.language if self._field == "lang" else reading.source)

    def places(self, reading: MatchContext) -> list[Place]:  # noqa: ARG002 (the protocol's)
        return []


class Lacking:
    """The check of NOT."""

    exact = False
    needs = ()

    def __init__(self, check: Check) -> None:
        self._check = check

    def holds(self, reading: MatchContext) -> bool:
        return not self._check.holds(reading)

    def places(self, reading: MatchContext) -> list[Place]:  # noqa: ARG002 (the protocol's)
        return []


class AllOf:
    """The check of AND."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self.needs = _together(checks)
        self.exact = all(check.exact for check in checks)
        self._checks = checks
        self._inexact = [check for check in checks if not check.exact]

    def holds(self, reading: MatchContext) -> bool:
        if not _possible(self, reading):
            return False
        for check in self._inexact:  # noqa: SIM110 (a generator costs more than most checks)
            if not check.holds(reading):
                return False
        return True

    def places(self, reading: MatchContext) -> list[Place]:
        if not self.holds(reading):
            return []
        return [place for check in self._checks for place in check.places(reading)][:MOST_PLACES]


class AnyOf:
    """The check of OR.

    From each part's needs it keeps the mask with the least of `common`, the bits that nearly every text has.
    """

    exact = False

    def __init__(self, checks: Sequence[Check], common: int) -> None:
        self._checks = [(min(check.needs, key=lambda need: need & common, default=ANYTHING), check) for check in checks]
        self.needs = (reduce(or_, (need for need, _ in self._checks), 0),)

    def holds(self, reading: MatchContext) -> bool:
        known = reading.held.get(self)
        if known is None:
            known = reading.held[self] = self._ask(reading)
        return known

    def _ask(self, reading: MatchContext) -> bool:
        found = reading.found
        for need, check in self._checks:  # noqa: SIM110 (a generator costs more than most checks)
            if found & need and check.holds(reading):
                return True
        return False

    def places(self, reading: MatchContext) -> list[Place]:
        found = reading.found
        return [place for need, check in self._checks if found & need for place in check.places(reading)][:MOST_PLACES]


class Near:
    """The check of NEAR or, if `ordered`, of BEFORE."""

    exact = False

    def __init__(self, left: Check, right: Check, half_words: int, *, ordered: bool) -> None:
        self.needs = _together([left, right])
        self._left, self._right, self._half_words, self._ordered = left, right, half_words, ordered

    def holds(self, reading: MatchContext) -> bool:
        known = reading.places.get(self)
        return bool(known) if known is not None else next(self._pairs(reading), None) is not None

    def places(self, reading: MatchContext) -> list[Place]:
        known = reading.places.get(self)
        if known is None:
            known = reading.places[self] = list(islice(self._pairs(reading), MOST_PLACES))
        return known

    def _pairs(self, reading: MatchContext) -> Iterator[Place]:
        if not _possible(self, reading):
            return
        rights = self._right.places(reading)
        lefts = self._left.places(reading) if rights else []
        apart, ordered = self._half_words, self._ordered
        for left in lefts:
            _, end, first, last = left
            for right in rights:
                if right[2] - last <= apart and first - right[3] <= apart and (end <= right[0] or not ordered):
                    yield joined(left, right)


class Unless:
    """The check of UNLESS."""

    exact = False

    def __init__(self, left: Check, right: Check, half_words: int) -> None:
        self.needs = left.needs
        self._left, self._right, self._half_words = left, right, half_words

    def holds(self, reading: MatchContext) -> bool:
        return bool(self.places(reading))

    def places(self, reading: MatchContext) -> list[Place]:
        known = reading.places.get(self)
        if known is None:
            known = reading.places[self] = self._look(reading)
        return known

    def _look(self, reading: MatchContext) -> list[Place]:
        lefts = self._left.places(reading)
        if not lefts or not _possible(self._right, reading):
            return lefts
        rights = self._right.places(reading)
        return [left for left in lefts if not any_close(left, rights, self._half_words)]


def _possible(check: Check, reading: MatchContext) -> bool:
    """Return whether a text has a term of each need of a check."""
    found = reading.found
    for need in check.needs:  # noqa: SIM110 (a generator costs more than most checks)
        if not found & need:
            return False
    return True


def _together(checks: Sequence[Check]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(need for check in checks for need in check.needs))
