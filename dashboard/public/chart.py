"""The layout of the chart of posts over time: counts and marks to a drawing. Pure.

Time runs from left to right in every language, and the axis of counts starts at zero: see `dashboard.charts`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import groupby

from babel.dates import format_datetime

from dashboard.i18n import Words
from dashboard.i18n.labels import mark_name
from dashboard.public.drawing import Drawing, Line, Place, Rectangle, Role, Shape, Surface, Text
from dashboard.snapshot import Point, SurgeMark, silences
from dashboard.window import Window, floor
from processing.contract import VerdictName
from processing.i18n import notation

STEPS = (
    *(timedelta(minutes=minutes) for minutes in (5, 10, 15, 30, 60, 120, 180, 360, 720)),
    *(timedelta(days=days) for days in (1, 2, 4, 7, 14, 28, 91, 182, 364)),
)
"""Distances between two labels of the time axis."""

YEAR = timedelta(days=300)
"""From this length on, dates have a year in place of a day."""

LETTER = 0.58
"""The average width of a letter, in sizes of its font: text is measured so, because nobody knows the reader's font."""

BAND = 17
"""The height of a row of labels in pixels."""


class Size(StrEnum):
    """The shapes of a picture: for a desk, for a telephone, and as previews of links have it."""

    WIDE = "wide"
    NARROW = "narrow"
    CARD = "card"


PIXELS = {Size.WIDE: (960, 400), Size.NARROW: (360, 320), Size.CARD: (1200, 630)}


@dataclass(frozen=True)
class Chart:
    """What a chart shows. `title` and `captions` are empty where the page around it has them."""

    window: Window
    points: tuple[Point, ...]
    marks: tuple[SurgeMark, ...]
    label: str
    title: str = ""
    captions: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Plot:
    """The rectangle of the counts, with its scales. `top` posts reach its upper edge."""

    left: float
    right: float
    upper: float
    base: float
    window: Window
    top: int

    def x(self, at: datetime) -> float:
        share = (at - self.window.start) / (self.window.end - self.window.start)
        return self.left + min(max(share, 0.0), 1.0) * (self.right - self.left)

    def y(self, posts: float) -> float:
        return self.base - posts / self.top * (self.base - self.upper)


@dataclass(frozen=True)
class _Label:
    at: datetime
    text: str
    role: Role


def draw(chart: Chart, size: Size, words: Words) -> Drawing:
    """Return the chart as a drawing of a size."""
    width, height = PIXELS[size]
    letters = {Size.WIDE: 13.0, Size.NARROW: 12.0, Size.CARD: 18.0}[size]
    rtl = words.language_of_page.right_to_left
    margin = 4.0 if not chart.title else letters
    start = width - margin if rtl else margin
    head = list(_head(chart, words, letters, start, width - 2 * margin))
    foot = list(_wrapped(chart.captions, letters - 1, width - 2 * margin))
    upper = (head[-1].y if head else 0) + 2 * BAND * letters / 13 + 6
    base = height - 1.9 * letters - len(foot) * 1.45 * letters - (letters if foot else 2)
    top, step = _count_axis(max((point.posts or 0 for point in chart.points), default=0))
    left = margin + LETTER * letters * len(words.number(top)) + 8
    plot = _Plot(left, width - margin - 4, upper, base, chart.window, top)
    shapes: list[Shape] = [
        Rectangle(Role.PAPER, 0, 0, width, height),
        *_texts(head, rtl=rtl),
        *_counts(plot, step, words, letters),
        *_silences(plot, chart),
        *_surges(plot, chart.marks),
        *_line(plot, chart),
        *_pulses(plot, chart.marks),
        *_labels(plot, chart.marks, words, letters),
        *_times(plot, words, letters),
        *_texts(_feet(foot, start, base + 3.4 * letters, letters), rtl=rtl),
    ]
    return Drawing(width, height, tuple(shapes), chart.label, words.tag, rtl)


def spark(points: Sequence[Point], window: Window, label: str, words: Words) -> Drawing:
    """Return a line without axes, of the size of a word."""
    width, height = 120, 26
    top, _ = _count_axis(max((point.posts or 0 for point in points), default=0))
    plot = _Plot(1, width - 1, 2, height - 1, window, top)
    shapes = (Rectangle(Role.PAPER, 0, 0, width, height), *_line(plot, Chart(window, tuple(points), (), label)))
    return Drawing(width, height, shapes, label, words.tag, rtl=False)


def _head(chart: Chart, words: Words, letters: float, x: float, room: float) -> Iterator[Text]:
    if not chart.title:
        return
    size = letters * 1.35
    y = size * 0.6
    for line in _wrapped((chart.title,), size, room):
        y += size * 1.2
        yield Text(Role.INK, x, y, line, size, bold=True)
    unit = words.posts_per.format(width=words.duration(chart.window.width))
    yield Text(Role.QUIET, x, y + letters * 1.5, unit, letters)


def _feet(lines: Sequence[str], x: float, y: float, letters: float) -> Iterator[Text]:
    for number, line in enumerate(lines):
        yield Text(Role.QUIET, x, y + number * 1.45 * letters, line, letters - 1)


def _texts(texts: Iterable[Text], *, rtl: bool) -> Iterator[Text]:
    """Yield texts that begin where the lines of their language begin."""
    for text in texts:
        anchor = "end" if rtl else "start"
        yield Text(text.role, text.x, text.y, text.text, text.size, "end" if anchor == "end" else "start", text.bold)


def _wrapped(texts: Iterable[str], size: float, room: float) -> Iterator[str]:
    """Yield texts in lines that fit the room, in pixels."""
    most = max(8, int(room / (LETTER * size)))
    for text in texts:
        line = ""
        for word in text.split(" "):
            longer = f"{line} {word}".strip()
            if line and len(longer) > most:
                yield line
                line = word
            else:
                line = longer
        yield line


def _count_axis(most: int) -> tuple[int, int]:
    """Return the upper end of the axis of counts and the distance of its labels: whole, round numbers."""
    rough = max(1.0, most / 4)
    power = 10 ** (len(str(int(rough))) - 1)
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= rough)
    return max(1, -(-most // step)) * step, step


def _counts(plot: _Plot, step: int, words: Words, letters: float) -> Iterator[Shape]:
    for posts in range(0, plot.top + 1, step):
        y = plot.y(posts)
        yield Line(Role.GRID if posts else Role.AXIS, ((plot.left, y), (plot.right, y)))
        yield Text(Role.QUIET, plot.left - 6, y + letters / 3, words.number(posts), letters - 1, "end")


def _silences(plot: _Plot, chart: Chart) -> Iterator[Shape]:
    for start, end in silences(chart.points, chart.window.width):
        yield _band(plot, Role.SILENCE, start, end)


def _surges(plot: _Plot, marks: Sequence[SurgeMark]) -> Iterator[Shape]:
    for mark in marks:
        role = Role.SURGE if mark.verdict is VerdictName.ORGANIC else Role.DOUBT
        yield _band(plot, role, mark.start, mark.end)


def _band(plot: _Plot, role: Role, start: datetime, end: datetime) -> Rectangle:
    left, right = plot.x(start), plot.x(end)
    return Rectangle(role, left, plot.upper, max(right - left, 2.0), plot.base - plot.upper)


def _line(plot: _Plot, chart: Chart) -> Iterator[Shape]:
    """Yield the counts, interrupted where nothing was collected. A point stands at the middle of its bin."""
    half = chart.window.width / 2
    for known, group in groupby(chart.points, lambda point: point.posts is not None):
        places: list[Place] = [(plot.x(point.start + half), plot.y(point.posts or 0)) for point in group]
        if not known:
            continue
        if len(places) == 1:
            places = [(places[0][0] - 1, places[0][1]), (places[0][0] + 1, places[0][1])]
        yield Surface(Role.AREA, ((places[0][0], plot.base), *places, (places[-1][0], plot.base)))
        yield Line(Role.LINE, tuple(places))


def _pulses(plot: _Plot, marks: Sequence[SurgeMark]) -> Iterator[Shape]:
    for at in _peaks(plot.window, marks):
        x = plot.x(at)
        yield Line(Role.PULSE, ((x, plot.upper), (x, plot.base)))


def _peaks(window: Window, marks: Sequence[SurgeMark]) -> list[datetime]:
    return [
        pulse.peak
        for mark in marks
        if mark.verdict is VerdictName.ORGANIC
        for pulse in mark.pulses
        if window.start <= pulse.peak < window.end
    ]


def _labels(plot: _Plot, marks: Sequence[SurgeMark], words: Words, letters: float) -> Iterator[Text]:
    """Yield the labels of the marks in two rows above the plot, where no line of counts can cross them."""
    named = sorted(marks, key=lambda mark: (mark.verdict is not VerdictName.ORGANIC, mark.start))
    rises = [
        _Label(mark.start, f"{words.number(mark.ratio)}×", Role.LOUD)
        if mark.verdict is VerdictName.ORGANIC
        else _Label(mark.start, mark_name(mark.verdict, words), Role.QUIET)
        for mark in named
    ]
    pulses = [
        _Label(pulse.peak, words.number(number), Role.LOUD)
        for mark in named
        if mark.verdict is VerdictName.ORGANIC
        for number, pulse in enumerate(mark.pulses, start=1)
        if plot.window.start <= pulse.peak < plot.window.end
    ]
    yield from _placed(plot, rises, plot.upper - 5 - BAND * letters / 13, letters)
    yield from _placed(plot, pulses, plot.upper - 5, letters, centred=True)


def _placed(
    plot: _Plot, labels: Sequence[_Label], y: float, letters: float, *, centred: bool = False
) -> Iterator[Text]:
    """Yield the labels of one row that have room; the first ones have precedence."""
    taken: list[Place] = []
    for label in labels:
        wide = LETTER * letters * len(label.text) + 4
        left = plot.x(label.at) - (wide / 2 if centred else 0)
        left = min(max(left, plot.left), plot.right - wide)
        if all(left >= end or left + wide <= start for start, end in taken):
            taken.append((left, left + wide))
            x = left + wide / 2 if centred else left
            yield Text(label.role, x, y, label.text, letters, "middle" if centred else "start", bold=True)


def _times(plot: _Plot, words: Words, letters: float) -> Iterator[Shape]:
    length = plot.window.end - plot.window.start
    room = LETTER * letters * 8
    most = max(1, int((plot.right - plot.left) / room))
    step = next((step for step in STEPS if length / step <= most), STEPS[-1])
    at, free = floor(plot.window.start, step), 2.0
    while at <= plot.window.end:
        if at >= plot.window.start:
            x = plot.x(at)
            yield Line(Role.AXIS, ((x, plot.base), (x, plot.base + 4)))
            text = _time(at, length, words)
            half = LETTER * (letters - 1) * len(text) / 2
            if x - half >= free and x + half <= plot.right + 4:
                free = x + half + letters / 2
                yield Text(Role.QUIET, x, plot.base + 4 + letters * 1.1, text, letters - 1, "middle")
        at += step


def _time(at: datetime, length: timedelta, words: Words) -> str:
    """Return the label of a moment: the date at midnight, else the clock time."""
    midnight = at == floor(at, timedelta(days=1))
    pattern = ("MMM y" if length > YEAR else "d MMM") if midnight else "HH:mm"
    return notation.with_digits(words.locale, format_datetime(at, pattern, tzinfo=UTC, locale=words.locale))
