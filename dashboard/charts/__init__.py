"""The charts that pages share.

Time runs from left to right in Arabic too. A time axis is a figure, like a map, and two readers of a shared view must
see the same figure. A mirrored axis would show an effect before its cause to a reader who compares the two. The axis of
counts always starts at zero.
"""

from __future__ import annotations

from dashboard.charts.axes import AT, AXES, label_row, time_axis, value_axis
from dashboard.charts.event import Event
from dashboard.charts.figures import figures, summary
from dashboard.charts.graph import Edge, graph
from dashboard.charts.marks import RULE, SHADE_OF_SILENCE, SHADE_OF_SURGE
from dashboard.charts.palette import INK, LINES, REST, SILENCE, SURGE, colours, names_of
from dashboard.charts.specification import Specification, specification
from dashboard.charts.timeline import BRUSH, Chart, timeline

__all__ = [
    "AT",
    "AXES",
    "BRUSH",
    "INK",
    "LINES",
    "REST",
    "RULE",
    "SHADE_OF_SILENCE",
    "SHADE_OF_SURGE",
    "SILENCE",
    "SURGE",
    "Chart",
    "Edge",
    "Event",
    "Specification",
    "colours",
    "figures",
    "graph",
    "label_row",
    "names_of",
    "specification",
    "summary",
    "time_axis",
    "timeline",
    "value_axis",
]
