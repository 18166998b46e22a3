"""The timeline of an incident as a PNG. It has numbers and times only, so that it needs no font of any script."""

from __future__ import annotations

from datetime import tzinfo
from io import BytesIO

from processing.alerts.news import Picture

WIDTH, HEIGHT = 640, 200
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 12, 28
INK, LINE, BAR = "#333333", "#DDDDDD", "#0072B2"


def timeline(picture: Picture, zone: tzinfo) -> bytes | None:
    """Return the chart, or None without the library of the extra `charts`: a message never waits for its chart."""
    try:
        from PIL import Image, ImageDraw  # noqa: PLC0415 - an extra
    except ImportError:
        return None
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    highest = max(picture.counts, default=0) or 1
    inner, base = WIDTH - LEFT - RIGHT, HEIGHT - BOTTOM
    for share in (0.0, 0.5, 1.0):
        y = base - share * (base - TOP)
        draw.line((LEFT, y, WIDTH - RIGHT, y), fill=LINE)
        draw.text((LEFT - 6, y), f"{highest * share:,.0f}", fill=INK, anchor="rm")
    step = inner / max(len(picture.counts), 1)
    for number, count in enumerate(picture.counts):
        left, right = LEFT + int(number * step), LEFT + int((number + 1) * step) - 1
        if count:
            draw.rectangle((left, base - count / highest * (base - TOP), max(left, right), base), fill=BAR)
    for share, anchor in ((0.0, "la"), (0.5, "ma"), (1.0, "ra")):
        at = picture.start + share * len(picture.counts) * picture.width
        draw.text((LEFT + share * inner, base + 8), f"{at.astimezone(zone):%H:%M}", fill=INK, anchor=anchor)
    written = BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()
