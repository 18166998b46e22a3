"""The layout of the chart, and its two forms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dashboard.i18n import WORDS
from dashboard.public import png, svg
from dashboard.public.chart import LETTER, PIXELS, Chart, Size, draw
from dashboard.public.drawing import PAINTS, Drawing, Line, Rectangle, Role, Surface, Text, Theme
from dashboard.snapshot import Point, SurgeMark
from dashboard.window import Window, width_for
from processing.contract import Pulse, VerdictName
from processing.i18n import LANGUAGES

START = datetime(2020, 7, 8, tzinfo=UTC)
LENGTHS = st.sampled_from([timedelta(hours=1), timedelta(hours=6), timedelta(days=1), timedelta(days=7),
                           timedelta(days=30), timedelta(days=800)])  # fmt: skip


def window(length: timedelta) -> Window:
    return Window(START, START + length, width_for(length), START + length)


def mark(at: float, length: timedelta, verdict: VerdictName, ratio: float = 14.6) -> SurgeMark:
    start = START + at * length
    return SurgeMark(start, start + length / 20, ratio, (Pulse(start, start + length / 50, 90, 4.0),), verdict)


def drawn(
    counts: list[int | None],
    marks: tuple[SurgeMark, ...] = (),
    *,
    length: timedelta = timedelta(days=7),
    tag: str = "en",
    size: Size = Size.WIDE,
    title: str = "TikTok bans",
) -> Drawing:
    shown = window(length)
    points = tuple(Point(at, "*", counts[n % len(counts)]) for n, at in enumerate(shown.bins()))
    captions = ("Counted by banwatch", WORDS[tag].synthetic) if title else ()
    return draw(Chart(shown, points, marks, "posts over time", title, captions), size, WORDS[tag])


def box(text: Text) -> tuple[float, float, float, float]:
    wide = LETTER * text.size * len(text.text)
    left = text.x - {"start": 0.0, "middle": wide / 2, "end": wide}[text.anchor]
    return left, text.y - text.size * 0.8, left + wide, text.y


@given(
    counts=st.lists(st.one_of(st.none(), st.integers(0, 10_000_000)), min_size=1, max_size=60),
    marks=st.lists(
        st.tuples(st.floats(0, 0.95), st.sampled_from(VerdictName), st.floats(2, 400)), max_size=30
    ),
    length=LENGTHS,
    tag=st.sampled_from(LANGUAGES),
    size=st.sampled_from(Size),
)  # fmt: skip
def test_labels_lie_in_the_picture_and_never_on_one_another(
    counts: list[int | None],
    marks: list[tuple[float, VerdictName, float]],
    length: timedelta,
    tag: str,
    size: Size,
) -> None:
    found = drawn(counts, tuple(mark(at, length, verdict, ratio) for at, verdict, ratio in marks),
                  length=length, tag=tag, size=size)  # fmt: skip
    boxes = [box(shape) for shape in found.shapes if isinstance(shape, Text)]
    wide, high = PIXELS[size]
    assert all(left >= -1 and upper >= 0 and right <= wide + 1 and lower <= high for left, upper, right, lower in boxes)
    for one, other in combinations(boxes, 2):
        apart = one[2] <= other[0] + 1 or other[2] <= one[0] + 1 or one[3] <= other[1] + 1 or other[3] <= one[1] + 1
        assert apart, (one, other)
    for shape in found.shapes:
        if isinstance(shape, Line | Surface):
            assert all(-1 <= x <= wide + 1 and -1 <= y <= high for x, y in shape.places)


def test_the_axis_of_counts_starts_at_zero_and_has_round_numbers() -> None:
    labels = [shape.text for shape in drawn([0, 637, 12]).shapes if isinstance(shape, Text) and shape.anchor == "end"]
    assert labels == ["0", "200", "400", "600", "800"]
    alone = [shape.text for shape in drawn([0, 1]).shapes if isinstance(shape, Text) and shape.anchor == "end"]
    assert alone == ["0", "1"]


def test_a_time_that_nobody_collected_interrupts_the_line() -> None:
    found = drawn([5] * 100 + [None] * 20 + [5] * 216)
    assert len([shape for shape in found.shapes if shape.role is Role.LINE]) == 2
    [grey] = [shape for shape in found.shapes if shape.role is Role.SILENCE]
    assert isinstance(grey, Rectangle)
    assert grey.width > 20
    assert [shape for shape in drawn([None]).shapes if shape.role is Role.LINE] == []


def test_a_surge_is_told_from_other_rises_by_its_shape_and_its_label() -> None:
    week = timedelta(days=7)
    marks = (mark(0.2, week, VerdictName.ORGANIC), mark(0.6, week, VerdictName.CONCENTRATED))
    found = drawn([5, 9], marks)
    assert [shape.role for shape in found.shapes if shape.role in {Role.SURGE, Role.DOUBT}] == [Role.SURGE, Role.DOUBT]
    texts = [shape.text for shape in found.shapes if isinstance(shape, Text)]
    assert "15×" in texts
    assert WORDS["en"].mark_concentrated in texts


@pytest.mark.parametrize("theme", Theme)
def test_both_forms_show_the_same_drawing(theme: Theme) -> None:
    found = drawn([3, 40, 800], (mark(0.5, timedelta(days=7), VerdictName.ORGANIC),))
    written = ET.fromstring(svg.alone(found, theme))
    texts = [node.text for node in written.iter("{http://www.w3.org/2000/svg}text")]
    assert texts == [shape.text for shape in found.shapes if isinstance(shape, Text)]
    image = Image.open(BytesIO(png.png(found, theme)))
    assert image.size == (2 * found.width, 2 * found.height)
    paints = PAINTS[Theme.DARK if theme is Theme.DARK else Theme.LIGHT]
    colours = {"#{:02x}{:02x}{:02x}".format(*colour) for _, colour in image.getcolors(1_000_000) or ()}
    assert {paints[Role.PAPER].fill, paints[Role.LINE].stroke} <= colours


def test_texts_that_are_no_xml_are_left_out() -> None:
    found = drawn([3], title="a\x00b\ufffe<script>&\ud800")
    titles = [node.text for node in ET.fromstring(svg.alone(found, Theme.AUTO)).iter() if node.text]
    assert "ab<script>&" in titles


def luminance(colour: str) -> float:
    parts = [each / 255 for each in bytes.fromhex(colour.removeprefix("#"))]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return sum(weight * each for weight, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("theme", [Theme.LIGHT, Theme.DARK])
@pytest.mark.parametrize(("role", "least"), [(Role.INK, 4.5), (Role.QUIET, 4.5), (Role.LOUD, 4.5), (Role.LINE, 3.0)])
def test_letters_and_lines_stand_out(theme: Theme, role: Role, least: float) -> None:
    """WCAG 2.2's contrast with the paper (1.4.3 and 1.4.11)."""
    paint = PAINTS[theme][role]
    ink, paper = luminance(paint.fill or paint.stroke), luminance(PAINTS[theme][Role.PAPER].fill)
    assert (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05) >= least
