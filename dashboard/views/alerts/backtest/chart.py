"""The chart of what a rule would have told: the incidents along time by their posts, told ones filled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd
from markupsafe import Markup

from dashboard.charts import AXES, INK, LINES, REST, time_axis, value_axis
from dashboard.headline import incident_name
from dashboard.i18n import Words
from dashboard.i18n.labels import severity_name
from dashboard.markup import element
from dashboard.rules_backtest import Backtest, BacktestIncident, TunedRule
from dashboard.window import Window, width_for

HEIGHT = 260
MOST_LABELLED = 40
TOLD, UNTOLD = "●", "□"


@dataclass(frozen=True)
class Mark:
    """An incident on the chart, its number there and in the table, and whether the tuned rule tells of it."""

    of: BacktestIncident
    number: int
    told: bool


def marks_of(told: Backtest, rule: str) -> tuple[Mark, ...]:
    """Return a mark for each incident, the oldest first."""
    names = {part.about for message in told.of_rule(rule) for part in message.parts if part.rule == rule}
    return tuple(Mark(each, number, each.incident.id in names) for number, each in enumerate(told.incidents, start=1))


def legend(tuned: TunedRule, words: Words) -> Markup:
    """Return what the signs of the chart mean."""
    page = words.alerts_page
    keys = [(TOLD, LINES[0], page.try_told), (UNTOLD, INK, page.try_untold)]
    keys += [("╌╌", REST, page.try_line)] if tuned.posts else []
    return element(
        "div",
        *(
            element("span", element("span", sign, style=f"color:{colour}"), name, css="bw-key")
            for sign, colour, name in keys
        ),
        css="bw-legend",
    )


def sentence(marks: tuple[Mark, ...], told: Backtest, words: Words) -> str:
    """Return one sentence that says what the chart shows."""
    return words.alerts_page.try_summary.format(
        count=words.number(len(marks)),
        told=words.number(sum(mark.told for mark in marks)),
        start=words.moment(told.start, zoned=False),
        end=words.moment(told.end),
    )


def drawn(marks: tuple[Mark, ...], told: Backtest, tuned: TunedRule, words: Words) -> alt.LayerChart:
    """Return the chart. The dashed line is the least number of posts of the tuned rule."""
    page = words.alerts_page
    window = Window(told.start, told.end, width_for(told.end - told.start), told.end)
    base = alt.Chart(pd.DataFrame([_row(mark, told, words) for mark in marks])).encode(
        x=time_axis(window, words),
        y=value_axis("posts", words.posts, log=True, share=False),
        tooltip=[
            alt.Tooltip("about:N", title=page.about),
            alt.Tooltip("when:N", title=words.started),
            alt.Tooltip("posts:Q", title=words.posts, format=",d"),
            alt.Tooltip("people:Q", title=page.try_people_head, format=",d"),
            alt.Tooltip("ratio:N", title=page.try_ratio_head),
            alt.Tooltip("severity:N", title=page.try_severity_head),
            alt.Tooltip("said:N", title=page.try_tuned),
        ],
    )
    filled = base.transform_filter(alt.datum.told)
    hollow = base.transform_filter("!datum.told")
    layers = [
        filled.mark_point(shape="circle", filled=True, size=150, opacity=1, color=LINES[0]),
        hollow.mark_point(shape="square", filled=False, size=110, opacity=1, stroke=INK, strokeWidth=2),
    ]
    if len(marks) <= MOST_LABELLED:
        layers.append(
            base.mark_text(dy=-14, color=INK, fontSize=13, fontWeight="bold", tooltip=False).encode(text="number:N")
        )
    if tuned.posts:
        line = alt.Chart(pd.DataFrame([{"posts": tuned.posts}]))
        layers.append(
            line.mark_rule(color=REST, strokeDash=[6, 4], strokeWidth=2, tooltip=False).encode(y=alt.Y("posts:Q"))
        )
    return alt.LayerChart(
        description=sentence(marks, told, words),
        layer=layers,
        height=HEIGHT,
        config=alt.Config(view=alt.ViewConfig(stroke=None), axis=AXES),
    )


def _row(mark: Mark, told: Backtest, words: Words) -> dict[str, Any]:
    """Return a row of the chart. What began before the range stands at its begin."""
    incident, page = mark.of.incident, words.alerts_page
    return {
        "at": max(incident.start, told.start),
        "posts": incident.observed,
        "people": mark.of.people,
        "ratio": words.isolated(words.number(incident.ratio) + words.times_normal),
        "severity": severity_name(words, incident.severity),
        "about": incident_name(incident, words),
        "when": words.moment(incident.start),
        "number": words.number(mark.number),
        "told": mark.told,
        "said": page.try_told if mark.told else page.try_untold,
    }
