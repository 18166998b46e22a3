"""A drawing: shapes of named roles, from which the SVG and the PNG are made, and the paint of each role."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Anchor = Literal["start", "middle", "end"]
Place = tuple[float, float]


class Role(StrEnum):
    """What a shape stands for. The role decides the paint."""

    PAPER = "paper"
    GRID = "grid"
    AXIS = "axis"
    SILENCE = "silence"
    SURGE = "surge"
    DOUBT = "doubt"
    AREA = "area"
    LINE = "line"
    PULSE = "pulse"
    INK = "ink"
    QUIET = "quiet"
    LOUD = "loud"


class Theme(StrEnum):
    """The colours of a picture: light, dark, or as the reader's system has it."""

    LIGHT = "light"
    DARK = "dark"
    AUTO = "auto"


@dataclass(frozen=True)
class Paint:
    """Colours as `#rrggbb`, empty for none; opacity between 0 and 1; the width of the line and its dashes in pixels."""

    fill: str = ""
    stroke: str = ""
    opacity: float = 1.0
    width: float = 1.0
    dash: tuple[int, int] | None = None


_DASHED, _DOTTED = (4, 3), (2, 3)

# Okabe and Ito's colours, as in the charts of the dashboard (dashboard/charts): blue for counts, vermilion for
# surges. Letters have a contrast of at least 4.5 with the paper.
PAINTS = {
    Theme.LIGHT: {
        Role.PAPER: Paint("#ffffff"),
        Role.GRID: Paint(stroke="#dedede"),
        Role.AXIS: Paint(stroke="#767676"),
        Role.SILENCE: Paint("#8c8c8c", opacity=0.28),
        Role.SURGE: Paint("#d55e00", opacity=0.16),
        Role.DOUBT: Paint(stroke="#595959", width=1.5, dash=_DOTTED),
        Role.AREA: Paint("#0072b2", opacity=0.22),
        Role.LINE: Paint(stroke="#0072b2", width=2),
        Role.PULSE: Paint(stroke="#a34700", width=1.5, dash=_DASHED),
        Role.INK: Paint("#1b1b1b"),
        Role.QUIET: Paint("#595959"),
        Role.LOUD: Paint("#a34700"),
    },
    Theme.DARK: {
        Role.PAPER: Paint("#16181d"),
        Role.GRID: Paint(stroke="#363b43"),
        Role.AXIS: Paint(stroke="#9aa0a8"),
        Role.SILENCE: Paint("#9aa0a8", opacity=0.28),
        Role.SURGE: Paint("#ff9e5e", opacity=0.22),
        Role.DOUBT: Paint(stroke="#b8bdc4", width=1.5, dash=_DOTTED),
        Role.AREA: Paint("#56b4e9", opacity=0.25),
        Role.LINE: Paint(stroke="#56b4e9", width=2),
        Role.PULSE: Paint(stroke="#ff9e5e", width=1.5, dash=_DASHED),
        Role.INK: Paint("#f1f1f1"),
        Role.QUIET: Paint("#b8bdc4"),
        Role.LOUD: Paint("#ff9e5e"),
    },
}


@dataclass(frozen=True)
class Rectangle:
    """A rectangle from its corner of the smallest coordinates."""

    role: Role
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Line:
    """Straight lines from place to place."""

    role: Role
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Surface:
    """What the lines from place to place enclose."""

    role: Role
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Text:
    """One line of text. `x` and `y` are the anchor on the baseline; `start` is its left end in every language."""

    role: Role
    x: float
    y: float
    text: str
    size: float
    anchor: Anchor = "start"
    bold: bool = False


Shape = Rectangle | Line | Surface | Text


@dataclass(frozen=True)
class Drawing:
    """Shapes in pixels, the lowest first.

    `language` and `rtl` are those of its texts; `label` tells the drawing in a sentence.
    """

    width: int
    height: int
    shapes: tuple[Shape, ...]
    label: str
    language: str
    rtl: bool
