"""How far a stated confidence can be believed: the calibration of a detector, and its picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from dashboard.public.drawing import Drawing, Line, Rectangle, Role, Shape, Text, Theme
from dashboard.public.svg import alone

_TENTHS = 10
_SIDE, _LEFT, _UPPER, _BARS = 400, 64, 40, 90
"""Pixels of the picture: the square of the curve, the space beside and above it, and the height of the bars below."""


class Judged(NamedTuple):
    """The confidence in an answer, from 0 to 1, and whether the answer was right."""

    confidence: float
    right: bool


class Bin(NamedTuple):
    """Answers of like confidence: the mean confidence, the share of right ones, and how many they are."""

    stated: float
    right: float
    answers: int


def calibration(judged: Iterable[Judged]) -> list[Bin]:
    """Divide answers into tenths of confidence, the least sure first. A tenth without answers is left out."""
    tenths: dict[int, list[Judged]] = {}
    for each in judged:
        tenths.setdefault(_tenth(each.confidence), []).append(each)
    return [
        Bin(sum(one.confidence for one in some) / len(some), sum(one.right for one in some) / len(some), len(some))
        for _, some in sorted(tenths.items())
    ]


def expected_error(bins: Sequence[Bin]) -> float:
    """Return the mean distance of the stated confidence from the share of right answers, weighed by answers."""
    return sum(abs(each.stated - each.right) * each.answers for each in bins) / sum(each.answers for each in bins)


def _tenth(confidence: float) -> int:
    return min(int(confidence * _TENTHS), _TENTHS - 1)


def picture(bins: Sequence[Bin]) -> str:
    """Draw the share of right answers over the stated confidence, above the number of posts, as SVG."""
    label = (
        f"How often a stated confidence is right, of {sum(each.answers for each in bins):,} held-out posts. "
        f"Expected calibration error {expected_error(bins):.3f}."
    )
    shapes = (*_frame(), *_curve(bins), *_numbers(bins))
    width, height = _LEFT + _SIDE + 24, _UPPER + _SIDE + _BARS + 64
    paper = Rectangle(Role.PAPER, 0, 0, width, height)
    title = Text(Role.INK, _LEFT, 24, "Stated confidence and share of right languages", 14, bold=True)
    return alone(Drawing(width, height, (paper, title, *shapes), label, "en", rtl=False), Theme.LIGHT) + "\n"


def _x(share: float) -> float:
    return _LEFT + share * _SIDE


def _y(share: float) -> float:
    return _UPPER + (1 - share) * _SIDE


def _frame() -> Iterator[Shape]:
    base = _UPPER + _SIDE
    for fifth in range(6):
        share = fifth / 5
        yield Line(Role.GRID, ((_x(0), _y(share)), (_x(1), _y(share))))
        yield Line(Role.GRID, ((_x(share), _y(0)), (_x(share), _y(1))))
        yield Text(Role.QUIET, _x(0) - 8, _y(share) + 4, f"{share:.0%}", 12, "end")
        yield Text(Role.QUIET, _x(share), base + _BARS + 36, f"{share:.0%}", 12, "middle")
    yield Line(Role.DOUBT, ((_x(0), _y(0)), (_x(1), _y(1))))
    yield Text(Role.INK, _x(0.5), base + _BARS + 56, "stated confidence", 13, "middle")
    yield Text(Role.QUIET, _x(0.02), _y(0.95), "right", 12)


def _curve(bins: Sequence[Bin]) -> Iterator[Shape]:
    yield Line(Role.LINE, tuple((_x(each.stated), _y(each.right)) for each in bins))
    for each in bins:
        yield Rectangle(Role.LOUD, _x(each.stated) - 3, _y(each.right) - 3, 6, 6)


def _numbers(bins: Sequence[Bin]) -> Iterator[Shape]:
    base, most = _UPPER + _SIDE + _BARS + 16, max(each.answers for each in bins)
    yield Line(Role.AXIS, ((_x(0), base), (_x(1), base)))
    for each in bins:
        left, height = _x(_tenth(each.stated) / _TENTHS), max(each.answers / most * (_BARS - 24), 1)
        yield Rectangle(Role.AREA, left + 2, base - height, _SIDE / _TENTHS - 4, height)
        yield Text(Role.QUIET, left + _SIDE / _TENTHS / 2, base - height - 5, f"{each.answers:,}", 11, "middle")
