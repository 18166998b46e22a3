"""What a chart marks, and what its sentence and its table say."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dashboard.charts import Chart, Event, figures, summary, timeline
from dashboard.charts.axes import label_row
from dashboard.charts.event import event_name, letters, within
from dashboard.i18n import ENGLISH, WORDS
from dashboard.snapshot import Point, SurgeMark
from dashboard.usual import Usual
from dashboard.window import Window
from processing.contract import VerdictName
from tests.support.stock import PEAKS, SURGE, SURGE_END, incident

HOUR = timedelta(hours=1)
START = datetime(2020, 7, 10, 12, tzinfo=UTC)
WINDOW = Window(START, START + 12 * HOUR, HOUR, START + 12 * HOUR)
POINTS = tuple(Point(START + number * HOUR, "ban", posts) for number, posts in enumerate((4, 0, None, 9, *8 * (1,))))
MARK = SurgeMark(SURGE, SURGE_END, incident().ratio, incident().pulses, VerdictName.ORGANIC)
EVENT = Event(PEAKS[0], {"en": "It begins", "ar": "بدأ"}, "https://example.org/begins")


def drawn(*marks: SurgeMark, **chart: Any) -> dict[str, Any]:
    made = timeline(POINTS, marks, WINDOW, words=ENGLISH, name=str, description="", chart=Chart(**chart))
    specification: dict[str, Any] = made.to_dict()
    return specification


def said(*marks: SurgeMark, **chart: Any) -> str:
    return summary(POINTS, marks, WINDOW, words=ENGLISH, name=str, chart=Chart(**chart))


def label_axes(specification: dict[str, Any]) -> list[dict[str, Any]]:
    axes = [layer["encoding"]["x"].get("axis") or {} for layer in specification["layer"]]
    return [axis for axis in axes if axis.get("orient") == "top"]


def test_labels_stand_in_rows_above_the_plot() -> None:
    pulses, rises, events = label_axes(drawn(MARK, events=[EVENT]))
    assert [axis["offset"] for axis in (pulses, rises, events)] == [0, 17, 34]
    assert ['"1"' in pulses["labelExpr"], '"15\\u00d7"' in rises["labelExpr"] or "15×" in rises["labelExpr"]] == [
        True
    ] * 2
    assert '"A"' in events["labelExpr"]
    assert label_axes(drawn()) == []


def test_a_label_is_left_out_where_it_would_run_into_the_one_before() -> None:
    row = label_row({START: "1", START + HOUR: "2", START + 11 * HOUR: "3"}, WINDOW, ENGLISH, 0)
    assert row is not None
    expression = row.to_dict()["encoding"]["x"]["axis"]["labelExpr"]
    entries = json.loads(expression.partition("(")[2].partition(")")[0])
    # Two letters and a gap need 15 pixels, and an hour is a twelfth of the plot.
    assert list(entries.values()) == [["1", 0], ["2", 12 * 15], ["3", 18]]


def test_a_label_outside_of_the_window_is_left_out() -> None:
    assert label_row({START - HOUR: "1"}, WINDOW, ENGLISH, 0) is None


def test_the_usual_lies_behind_the_counts_with_an_edge() -> None:
    usual = [Usual(START, 1, 2, 3)]
    layers = drawn(MARK, usual=usual)["layer"]
    kinds = [layer["mark"]["type"] for layer in layers]
    band, edge = (index for index, layer in enumerate(layers) if "high" in json.dumps(layer["encoding"]))
    counts = next(index for index, layer in enumerate(layers) if "order" in layer["encoding"])
    assert (kinds[band], kinds[edge]) == ("area", "line")
    assert band < edge < counts
    assert layers[edge]["mark"]["strokeDash"]


def test_where_the_scores_end_is_marked() -> None:
    assert ENGLISH.now_page.scored_up_to_here not in json.dumps(drawn(MARK))
    assert ENGLISH.now_page.scored_up_to_here in json.dumps(drawn(MARK, scored_until=SURGE + HOUR))


@pytest.mark.parametrize("log", [True, False])
def test_a_logarithmic_axis_starts_at_zero_and_stacks_nothing(log: bool) -> None:
    text = json.dumps(drawn(MARK, log=log, stacked=True, usual=[Usual(START, 1, 2, 3)]))
    assert ("symlog" in text) is log
    assert ('"stack": "zero"' in text) is not log


def test_a_share_is_unknown_where_nothing_was_collected() -> None:
    chart = Chart(everything={START: 8, START + HOUR: 0})
    assert [chart.value(point) for point in POINTS[:3]] == [0.5, None, None]


def test_the_sentence_says_the_highest_the_total_and_the_marked_rises() -> None:
    assert said(MARK) == (
        "Highest: 9 in the 1\u00a0hr from 10 Jul 2020, 15:00\u00a0UTC; posts in all: 21; "
        "surges marked: 1, from 10 Jul 2020, 16:05\u00a0UTC."
    )
    few = SurgeMark(SURGE, SURGE_END, 5.0, (), VerdictName.CONCENTRATED)
    assert said(few).endswith("no surge is marked; other rises: 1.")
    assert said(everything={START: 8}).startswith("Highest: 50.0% in the")
    nothing = [Point(START, "ban", None)]
    assert summary(nothing, [], WINDOW, words=ENGLISH, name=str, chart=Chart()) == ENGLISH.nothing_in_range


def test_of_a_stack_the_whole_is_the_highest() -> None:
    points = [*POINTS, Point(START, "other", 7)]
    stacked, apart = (
        summary(points, [], WINDOW, words=ENGLISH, name=str, chart=Chart(stacked=stacked)) for stacked in (True, False)
    )
    assert stacked.startswith("Highest: 11 in the 1\u00a0hr from 10 Jul 2020, 12:00\u00a0UTC; posts in all: 28")
    assert apart.startswith("Highest: 9 in the 1\u00a0hr from 10 Jul 2020, 15:00\u00a0UTC (ban); no surge")


def test_the_table_has_the_newest_bin_first_and_no_value_for_what_is_unknown() -> None:
    table = figures(POINTS, words=ENGLISH, name=str, chart=Chart(usual=[Usual(START, 1, 2, 3)]))
    assert list(table.columns) == ["Time, UTC", "ban", ENGLISH.now_page.usual_low, ENGLISH.now_page.usual_high]
    assert table["Time, UTC"].iloc[-1] == START
    assert table["ban"].isna().tolist() == [number == 9 for number in range(12)]
    assert table.iloc[-1].tolist()[1:] == [4, 1, 3]


def test_events_of_a_window_have_letters_in_order_of_time() -> None:
    later = Event(PEAKS[1], EVENT.names, EVENT.link)
    outside = Event(START - HOUR, EVENT.names, EVENT.link)
    known = within([later, outside, EVENT], WINDOW)
    assert known == (EVENT, later)
    assert letters(known, ENGLISH) == {PEAKS[0]: "A", PEAKS[1]: "B"}
    assert letters((EVENT, EVENT), ENGLISH) == {PEAKS[0]: "A B"}


def test_an_event_without_a_name_in_the_page_s_language_is_named_in_english() -> None:
    assert [event_name(EVENT, WORDS[tag]) for tag in ("en", "ar", "fr")] == ["It begins", "بدأ", "It begins"]
