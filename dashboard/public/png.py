"""A drawing as PNG, for places that show no SVG, such as previews of links."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from io import BytesIO
from itertools import pairwise
from typing import assert_never

from PIL import Image, ImageDraw, ImageFont

from dashboard.public.drawing import PAINTS, Anchor, Drawing, Line, Paint, Place, Rectangle, Surface, Text, Theme

SCALE = 2
"""Pixels of the PNG for one pixel of the drawing, for dense screens."""

FINER = 2
"""Shapes are drawn so much larger and then reduced, which smooths their edges."""

_ANCHORS: dict[Anchor, str] = {"start": "ls", "middle": "ms", "end": "rs"}
_REGULAR = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf")
_BOLD = ("DejaVuSans-Bold.ttf", "NotoSans-Bold.ttf", "LiberationSans-Bold.ttf")
_MISSING = "\U0010fffe"
"""A character that no font has, so that its picture is that of every missing character."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def png(drawing: Drawing, theme: Theme) -> bytes:
    """Return the drawing in the colours of a theme. A PNG cannot follow the reader's system: AUTO is LIGHT."""
    paints = PAINTS[Theme.DARK if theme is Theme.DARK else Theme.LIGHT]
    fine = SCALE * FINER
    image = Image.new("RGB", (drawing.width * fine, drawing.height * fine))
    canvas = ImageDraw.Draw(image, "RGBA")
    for shape in drawing.shapes:
        if not isinstance(shape, Text):
            _draw(canvas, shape, paints[shape.role], fine)
    image = image.reduce(FINER)
    canvas = ImageDraw.Draw(image)
    for shape in drawing.shapes:
        if isinstance(shape, Text):
            _write(canvas, shape, paints[shape.role].fill, rtl=drawing.rtl)
    written = BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()


def can_write(text: str, *, rtl: bool) -> bool:
    """Return whether this machine can write a text: its fonts have every letter, and Pillow knows the direction."""
    if rtl and not _shapes_text():
        return False
    font = _font(16, bold=False)
    missing = bytes(font.getmask(_MISSING))
    return all(bytes(font.getmask(letter)) != missing for letter in {*text} - {" ", "\u00a0", "\n"})


def _draw(canvas: ImageDraw.ImageDraw, shape: Rectangle | Line | Surface, paint: Paint, scale: int) -> None:
    fill = _colour(paint.fill, paint.opacity)
    match shape:
        case Rectangle():
            corners = _corners(shape)
            if fill:
                first, _, last, _ = _scaled(corners, scale)
                canvas.rectangle((first, last), fill=fill)
            _stroke(canvas, (*corners, corners[0]), paint, scale)
        case Line():
            _stroke(canvas, shape.places, paint, scale)
        case Surface():
            canvas.polygon(_scaled(shape.places, scale), fill=fill)
        case _:
            assert_never(shape)


def _corners(shape: Rectangle) -> tuple[Place, Place, Place, Place]:
    right, bottom = shape.x + shape.width, shape.y + shape.height
    return (shape.x, shape.y), (right, shape.y), (right, bottom), (shape.x, bottom)


def _stroke(canvas: ImageDraw.ImageDraw, places: tuple[Place, ...], paint: Paint, scale: int) -> None:
    colour = _colour(paint.stroke, paint.opacity)
    if not colour:
        return
    pieces = _dashes(places, paint.dash) if paint.dash else [places]
    for piece in pieces:
        canvas.line(_scaled(piece, scale), fill=colour, width=round(paint.width * scale), joint="curve")


def _dashes(places: tuple[Place, ...], dash: tuple[int, int]) -> Iterable[tuple[Place, ...]]:
    """Yield the dashes of straight lines, each line beginning with one."""
    drawn, gap = dash
    for (x, y), (to_x, to_y) in pairwise(places):
        length = max(((to_x - x) ** 2 + (to_y - y) ** 2) ** 0.5, 1e-9)
        step_x, step_y = (to_x - x) / length, (to_y - y) / length
        for begun in range(0, int(length) + 1, drawn + gap):
            ended = min(begun + drawn, length)
            yield (x + begun * step_x, y + begun * step_y), (x + ended * step_x, y + ended * step_y)


def _write(canvas: ImageDraw.ImageDraw, text: Text, colour: str, *, rtl: bool) -> None:
    font = _font(round(text.size * SCALE), bold=text.bold)
    # Only the layout engine Raqm, which needs FriBiDi, knows directions.
    direction = "rtl" if rtl and isinstance(font, ImageFont.FreeTypeFont) and _shapes_text() else None
    canvas.text(
        (text.x * SCALE, text.y * SCALE),
        text.text,
        fill=colour,
        font=font,
        anchor=_ANCHORS[text.anchor],
        direction=direction,
    )


@cache
def _shapes_text() -> bool:
    from PIL import features  # noqa: PLC0415 - asked once

    return bool(features.check("raqm") and features.check("fribidi"))


@cache
def _font(size: int, *, bold: bool) -> Font:
    """Return a font of this machine that has many scripts, else the one that comes with Pillow."""
    for name in _BOLD if bold else _REGULAR:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)


def _scaled(places: Iterable[Place], scale: int) -> list[Place]:
    return [(x * scale, y * scale) for x, y in places]


def _colour(colour: str, opacity: float) -> tuple[int, int, int, int] | None:
    if not colour:
        return None
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue, round(opacity * 255)
