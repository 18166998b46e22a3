"""A graph of names that are joined by lines. Every group of joined names is a ring, and the rings lie on a grid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, cos, pi, sin, sqrt

import altair as alt
import pandas as pd

from dashboard.charts.palette import INK, LINES, REST

HEIGHT = 320
_RADIUS = 0.36
"""Of a ring, where the rings' centres lie 1 apart."""
_MOST_LABELS = 24
"""With more names, they are read in the tooltips and the table."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Two names, the weight of the line between them, and what its tooltip says."""

    a: str
    b: str
    weight: float
    says: str


Place = tuple[float, float]


def places(edges: Iterable[Edge]) -> dict[str, Place]:
    """Return a place for each name. The largest ring comes first, and in a ring the name with the most lines."""
    groups: dict[str, set[str]] = {}
    edges = tuple(edges)
    for each in edges:
        joined = groups.get(each.a, {each.a}) | groups.get(each.b, {each.b})
        groups |= dict.fromkeys(joined, joined)
    degree = Counter(name for each in edges for name in (each.a, each.b))
    rings = sorted({id(group): group for group in groups.values()}.values(), key=lambda ring: (-len(ring), min(ring)))
    columns = ceil(sqrt(len(rings)))
    found: dict[str, Place] = {}
    for number, ring in enumerate(rings):
        for turn, name in enumerate(sorted(ring, key=lambda name: (-degree[name], name))):
            angle = pi + 2 * pi * turn / len(ring)
            found[name] = number % columns + _RADIUS * cos(angle), _RADIUS * sin(angle) - number // columns
    return found


def graph(edges: Sequence[Edge], labels: Mapping[str, str], description: str) -> alt.LayerChart:
    """Return the graph. The thicker a line, the greater its weight. `labels` has a short label for each name."""
    at = places(edges)
    most = max(each.weight for each in edges)
    lines = [
        {"x": at[each.a][0], "y": at[each.a][1], "x2": at[each.b][0], "y2": at[each.b][1]}
        | {"width": 1 + 4 * each.weight / most, "says": each.says}
        for each in edges
    ]
    points = [{"x": x, "y": y, "name": name, "label": labels[name]} for name, (x, y) in at.items()]
    xs, ys = zip(*at.values(), strict=True)
    x, y = alt.X("x:Q", axis=None, scale=_around(xs)), alt.Y("y:Q", axis=None, scale=_around(ys))
    joined = alt.Chart(pd.DataFrame(lines)).mark_rule(color=REST)
    named = alt.Chart(pd.DataFrame(points))
    layers: list[alt.Chart] = [
        joined.encode(
            x=x, y=y, x2="x2:Q", y2="y2:Q", strokeWidth=alt.StrokeWidth("width:Q", scale=None), tooltip=["says:N"]
        ),
        named.mark_circle(color=LINES[0], size=110, opacity=1).encode(x=x, y=y, tooltip=["name:N"]),
    ]
    if len(at) <= _MOST_LABELS:
        text = named.mark_text(color=INK, fontSize=12, dy=-14, limit=90)
        layers.append(text.encode(x=x, y=y, text="label:N"))
    return alt.LayerChart(
        description=description,
        layer=layers,
        height=HEIGHT,
        config=alt.Config(view=alt.ViewConfig(stroke=None)),
    )


def _around(values: Sequence[float]) -> alt.Scale:
    return alt.Scale(domain=[min(values) - 0.3, max(values) + 0.3], nice=False, zero=False)
