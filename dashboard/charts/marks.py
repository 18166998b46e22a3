"""What a chart marks on its time axis: surges and their pulses, other rises, missing data, and known events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import altair as alt
import pandas as pd

from dashboard.charts.axes import AT
from dashboard.charts.event import Event, event_name
from dashboard.charts.palette import INK, REST, SILENCE, SURGE
from dashboard.i18n import Words
from dashboard.i18n.labels import mark_name
from dashboard.snapshot import Point, SurgeMark, silences
from dashboard.window import Window
from processing.contract import VerdictName

Rows = list[dict[str, Any]]

SHADE_OF_SILENCE = partial(alt.Chart.mark_rect, color=SILENCE, opacity=0.25)
SHADE_OF_SURGE = partial(alt.Chart.mark_rect, color=SURGE, opacity=0.15)
FRAME = partial(alt.Chart.mark_rect, fillOpacity=0, stroke=REST, strokeDash=[2, 3], strokeWidth=1.5)
RULE = partial(alt.Chart.mark_rule, color=SURGE, strokeDash=[4, 3], strokeWidth=1.5)
END_OF_SCORES = partial(alt.Chart.mark_rule, color=INK, strokeDash=[1, 3], strokeWidth=2)
EVENT = partial(alt.Chart.mark_rule, color=INK, strokeWidth=1, opacity=0.6)
DIAMOND = partial(alt.Chart.mark_point, shape="diamond", filled=True, color=INK, size=90, opacity=1, yOffset=2)


def is_surge(mark: SurgeMark) -> bool:
    """Return whether people made the rise. Only such a rise is called a surge."""
    return mark.verdict is VerdictName.ORGANIC


def marks_behind(points: Sequence[Point], marks: Sequence[SurgeMark], window: Window, words: Words) -> list[alt.Chart]:
    """Return the shades that lie behind the counts."""
    surges = [mark for mark in marks if is_surge(mark)]
    doubts = [mark for mark in marks if not is_surge(mark)]
    drawn = [
        _drawn(SHADE_OF_SILENCE, _silence_rows(points, window, words), x2="until:T"),
        _drawn(SHADE_OF_SURGE, _mark_rows(surges, words), x2="until:T"),
        _drawn(FRAME, _mark_rows(doubts, words), x2="until:T"),
    ]
    return [each for each in drawn if each is not None]


def marks_before(
    marks: Sequence[SurgeMark], events: Sequence[Event], scored_until: datetime | None, words: Words
) -> list[alt.Chart]:
    """Return the lines that lie before the counts: pulses, known events, and the end of the scored time."""
    scored = [_row(scored_until, words.now_page.scored_up_to_here, words)] if scored_until else []
    known = [_row(event.at, event_name(event, words), words) for event in events]
    drawn = [
        _drawn(RULE, _pulse_rows([mark for mark in marks if is_surge(mark)], words)),
        _drawn(EVENT, known),
        _drawn(DIAMOND, known, y=alt.value(0)),
        _drawn(END_OF_SCORES, scored),
    ]
    return [each for each in drawn if each is not None]


def rise_labels(marks: Sequence[SurgeMark], words: Words) -> dict[datetime, str]:
    """Return the label of each rise at its middle: a surge's ratio, another rise's cause."""
    labels: dict[datetime, str] = {}
    for mark in marks:
        label = f"{words.number(mark.ratio)}×" if is_surge(mark) else mark_name(mark.verdict, words)
        middle = mark.start + max(mark.end - mark.start, timedelta(0)) / 2
        labels[middle.replace(microsecond=0)] = label
    return labels


def pulse_labels(marks: Sequence[SurgeMark]) -> dict[datetime, str]:
    """Return the number of each pulse at its peak."""
    return {
        pulse.peak: str(number) for mark in marks if is_surge(mark) for number, pulse in enumerate(mark.pulses, start=1)
    }


def _row(at: datetime, label: str, words: Words) -> dict[str, Any]:
    return {"at": at, "label": label, "when": words.moment(at)}


def _silence_rows(points: Sequence[Point], window: Window, words: Words) -> Rows:
    return [_row(start, words.no_data, words) | {"until": end} for start, end in silences(points, window.width)]


def _mark_rows(marks: Sequence[SurgeMark], words: Words) -> Rows:
    return [
        _row(
            mark.start,
            f"{words.surge} {words.number(mark.ratio)}{words.times_normal}"
            if is_surge(mark)
            else mark_name(mark.verdict, words),
            words,
        )
        | {"until": max(mark.end, mark.start + timedelta(minutes=1))}
        for mark in marks
    ]


def _pulse_rows(marks: Sequence[SurgeMark], words: Words) -> Rows:
    return [
        _row(pulse.peak, f"{words.pulse} {number}", words)
        for mark in marks
        for number, pulse in enumerate(mark.pulses, start=1)
    ]


def _drawn(mark: Callable[..., alt.Chart], rows: Rows, **encoding: Any) -> alt.Chart | None:
    """Return one mark for each row, clipped to the plot, with a tooltip; None if there are no rows."""
    if not rows:
        return None
    # The scale and the axis are those of the counts.
    drawn: alt.Chart = mark(alt.Chart(pd.DataFrame(rows)), clip="y" not in encoding).encode(
        x=alt.X(AT, axis=None), tooltip=["label:N", "when:N"], **encoding
    )
    return drawn
