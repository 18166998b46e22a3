"""The colours of charts, and which line has which.

They are Okabe and Ito's, which people with any colour vision can distinguish (jfly.uni-koeln.de/color). Vermilion is
reserved for surges, and grey for the line of all other series.
"""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.snapshot import OTHERS, Point

INK = "currentColor"
"""The page's own text colour, light or dark: the chart is an SVG inside the page and inherits the colour."""
LINES = (
    "light-dark(#0072B2, #56B4E9)",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "light-dark(#56B4E9, #0072B2)",
    INK,
)
"""The two blues change places on a dark page, where the darker one is hard to see from afar."""
REST = "#8C8C8C"
SURGE = "#D55E00"
SILENCE = "#B0B0B0"


def colours(lines: Sequence[str]) -> dict[str, str]:
    """Return a colour for each line. The lines are sorted by size, the largest first."""
    named = [line for line in lines if line != OTHERS]
    return {line: LINES[index % len(LINES)] for index, line in enumerate(named)} | {OTHERS: REST}


def names_of(points: Sequence[Point]) -> tuple[str, ...]:
    """Return the names of a chart's lines in their order."""
    return tuple(dict.fromkeys(point.line for point in points))
