"""A drawing as SVG: inside of a page, whose style sheet has the paint, or as a picture that stands alone."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import assert_never
from xml.etree import ElementTree as ET

from markupsafe import Markup

from dashboard.public.drawing import (
    PAINTS,
    Anchor,
    Drawing,
    Line,
    Paint,
    Place,
    Rectangle,
    Role,
    Shape,
    Surface,
    Text,
    Theme,
)

FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MIRRORED: dict[Anchor, Anchor] = {"start": "end", "middle": "middle", "end": "start"}


def xml_text(text: str) -> str:
    """Return a text without the characters that no XML document may hold (XML 1.0, production 2)."""
    return _NOT_XML.sub("", text)


def css(theme: Theme) -> str:
    """Return the paint of every role as a style sheet."""
    if theme is Theme.AUTO:
        dark = "".join(_rules(PAINTS[Theme.DARK].items()))
        return f"{css(Theme.LIGHT)}@media (prefers-color-scheme:dark){{{dark}}}"
    return "".join(_rules(PAINTS[theme].items()))


def inline(drawing: Drawing, *classes: str) -> Markup:
    """Return the drawing for a page that has `css` in its style sheet. The paper is the page's."""
    shapes = (shape for shape in drawing.shapes if shape.role is not Role.PAPER)
    return Markup(_written(drawing, shapes, " ".join(classes)))  # noqa: S704 - ElementTree has escaped every text


def alone(drawing: Drawing, theme: Theme) -> str:
    """Return the drawing as a document of its own."""
    return _written(drawing, drawing.shapes, "", style=_style(theme))


def style_hash(theme: Theme) -> str:
    """Return the source expression that lets a Content-Security-Policy accept the style of `alone`."""
    return f"'sha256-{b64encode(sha256(_style(theme).encode()).digest()).decode()}'"


def _style(theme: Theme) -> str:
    return f":root{{max-width:100%;height:auto;font-family:{FONTS}}}{css(theme)}"


def _rules(paints: Iterable[tuple[Role, Paint]]) -> Iterable[str]:
    for role, paint in paints:
        dash = f"stroke-dasharray:{paint.dash[0]} {paint.dash[1]};" if paint.dash else ""
        stroke = f"stroke:{paint.stroke};stroke-width:{paint.width:g};{dash}" if paint.stroke else ""
        opacity = f"opacity:{paint.opacity:g};" if paint.opacity < 1 else ""
        yield f".c-{role.value}{{fill:{paint.fill or 'none'};{stroke}{opacity}}}"


def _written(drawing: Drawing, shapes: Iterable[Shape], classes: str, *, style: str = "") -> str:
    width, height = str(drawing.width), str(drawing.height)
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {width} {height}",
            "width": width,
            "height": height,
            "role": "img",
            "aria-label": xml_text(drawing.label),
            **({"class": classes} if classes else {"lang": drawing.language}),
        },
    )
    if style:
        ET.SubElement(root, "title").text = xml_text(drawing.label)
        ET.SubElement(root, "style").text = style
    for shape in shapes:
        _add(root, shape, rtl=drawing.rtl)
    return ET.tostring(root, "unicode", short_empty_elements=True)


def _add(root: ET.Element, shape: Shape, *, rtl: bool) -> None:
    role = {"class": f"c-{shape.role.value}"}
    match shape:
        case Rectangle():
            size = {"x": shape.x, "y": shape.y, "width": shape.width, "height": shape.height}
            ET.SubElement(root, "rect", role | {name: _number(value) for name, value in size.items()})
        case Line():
            ET.SubElement(root, "path", role | {"d": _path(shape.places)})
        case Surface():
            ET.SubElement(root, "path", role | {"d": f"{_path(shape.places)}Z"})
        case Text():
            # In a text of the direction right to left, the start is the right end.
            anchor = _MIRRORED[shape.anchor] if rtl else shape.anchor
            attributes = {
                "x": _number(shape.x),
                "y": _number(shape.y),
                "font-size": f"{shape.size:g}",
                **({} if anchor == "start" else {"text-anchor": anchor}),
                **({"font-weight": "700"} if shape.bold else {}),
                **({"direction": "rtl"} if rtl else {}),
            }
            ET.SubElement(root, "text", role | attributes).text = xml_text(shape.text)
        case _:
            assert_never(shape)


def _path(places: Iterable[Place]) -> str:
    return "M" + "L".join(f"{_number(x)},{_number(y)}" for x, y in places)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
