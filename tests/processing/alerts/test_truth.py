"""Alerts are scored against what a person wrote down."""

from __future__ import annotations

from datetime import timedelta

import pytest

from processing.alerts.truth import Event, Opened, TruthUnreadable, read_truth, score
from tests.conftest import NOON

HOUR = timedelta(hours=1)
WEEK = timedelta(weeks=1)


def opened(after: timedelta, topics: str = "ban") -> Opened:
    return Opened(NOON + after, NOON + after, NOON + after + HOUR, frozenset(topics.split()))


def test_events_are_read_in_utc_and_with_a_topic_or_without() -> None:
    lines = ["start,end,topic", "2020-07-10T12:00,2020-07-10T15:00+02:00,ban", "2020-07-10,2020-07-11,"]
    first, second = read_truth(lines, "truth.csv")
    assert first == Event(NOON, NOON + HOUR, "ban")
    assert second.topic == "*"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "line 1: the columns"),
        (["start,topic"], "line 1: the columns"),
        (["start,end,why"], "line 1: the columns"),
        (["start,end", "2020-07-10"], "line 2: it has more or fewer values"),
        (["start,end", "2020-07-10,2020-07-11,ban"], "line 2: it has more or fewer values"),
        (["start,end", "2020-07-10,2020-07-11", "soon,2020-07-11"], "line 3: the start 'soon' is no time"),
        (["start,end", "2020-07-12,2020-07-11"], "line 2: the end lies before the start"),
        (["start,end", '"2020-07-12,2020-07-11'], "line 2: unexpected end of data"),
    ],
)
def test_what_is_no_event_is_refused_with_its_line(lines: list[str], sentence: str) -> None:
    with pytest.raises(TruthUnreadable, match=r"^truth\.csv, ") as refused:
        read_truth(lines, "truth.csv")
    assert sentence in str(refused.value)


def test_a_score_counts_what_meets() -> None:
    starts = [(0, "ban"), (5, "ban"), (20, "*")]
    events = [Event(NOON + after * HOUR, NOON + (after + 1) * HOUR, topic) for after, topic in starts]
    told = [opened(after * HOUR) for after in (1 / 6, 1 / 2, 12, 20)] + [opened(5.5 * HOUR, "us-order ban")]
    found = score(told, events, 2 * WEEK)
    assert (found.precision, found.recall, found.alerts_a_week) == (0.8, 1.0, 2.5)
    assert (found.median_delay, found.longest_delay) == (HOUR / 6, HOUR / 2)


def test_an_event_of_another_topic_is_not_told_by_it() -> None:
    found = score([opened(timedelta(), "privacy")], [Event(NOON, NOON + HOUR, "ban")], WEEK)
    assert (found.precision, found.recall, found.median_delay) == (0.0, 0.0, None)


def test_nothing_told_and_nothing_to_tell_divide_by_nothing() -> None:
    found = score([], [], WEEK)
    assert (found.precision, found.recall, found.alerts_a_week) == (None, None, 0.0)
