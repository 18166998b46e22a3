"""What really happened, as a person wrote it down, and how well alerts would have told of it. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median

import msgspec

from ingest.errors import Failure
from processing.contract import EVERYTHING

COLUMNS = ("start", "end", "topic")


class TruthUnreadable(Failure):
    """A truth file cannot be understood; the message names the line and the fault."""


class Event(msgspec.Struct, frozen=True):
    """Something of which people should be told. `topic` stands for the topics below it too; `*` is any."""

    start: datetime
    end: datetime
    topic: str = EVERYTHING


class Opened(msgspec.Struct, frozen=True):
    """An incident of which some channel was told at a moment. `topics` are its own and those above them."""

    at: datetime
    start: datetime
    end: datetime
    topics: frozenset[str]


class Score(msgspec.Struct, frozen=True):
    """How well alerts tell of events.

    `precision` is the share of the incidents told that meet an event, `recall` the share of the events that are told;
    None where there is nothing to divide by. Delays run from the event's start to the first alert.
    """

    events: int
    incidents: int
    precision: float | None
    recall: float | None
    median_delay: timedelta | None
    longest_delay: timedelta | None
    alerts_a_week: float


def read_truth(lines: Iterable[str], name: str) -> tuple[Event, ...]:
    """Return the events of a CSV with the columns `start`, `end` and, if there are others than all, `topic`.

    Times are ISO 8601, in UTC where they name no zone. `name` is the file's name, for messages.

    Raises:
        TruthUnreadable: a column is missing, or a line says no event.
    """
    rows = csv.DictReader(lines, strict=True)
    try:
        named = set(rows.fieldnames or ())
        if not {"start", "end"} <= named <= set(COLUMNS):
            raise TruthUnreadable(f"{name}, line 1: the columns have to be start, end and, if wanted, topic.")
        return tuple(_event(row, f"{name}, line {rows.line_num}") for row in rows)
    except csv.Error as error:
        raise TruthUnreadable(f"{name}, line {rows.line_num + 1}: {error}.") from error


def _event(row: Mapping[str | None, str | None], place: str) -> Event:
    if None in row or None in row.values():
        raise TruthUnreadable(f"{place}: it has more or fewer values than there are columns.")
    event = Event(_moment(row, "start", place), _moment(row, "end", place), row.get("topic") or EVERYTHING)
    if event.end < event.start:
        raise TruthUnreadable(f"{place}: the end lies before the start.")
    return event


def _moment(row: Mapping[str | None, str | None], column: str, place: str) -> datetime:
    written = row[column] or ""
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError as error:
        raise TruthUnreadable(f"{place}: the {column} {written[:40]!r} is no time in ISO 8601.") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def score(opened: Sequence[Opened], events: Sequence[Event], lasting: timedelta) -> Score:
    """Compare what was told with what happened. `lasting` is the length of the range that both are of."""
    true = sum(any(_meets(each, event) for event in events) for each in opened)
    first = [min((each.at for each in opened if _meets(each, event)), default=None) for event in events]
    delays = [at - event.start for at, event in zip(first, events, strict=True) if at is not None]
    return Score(
        events=len(events),
        incidents=len(opened),
        precision=true / len(opened) if opened else None,
        recall=len(delays) / len(events) if events else None,
        median_delay=timedelta(seconds=median(each.total_seconds() for each in delays)) if delays else None,
        longest_delay=max(delays, default=None),
        alerts_a_week=len(opened) / (lasting / timedelta(weeks=1)),
    )


def _meets(opened: Opened, event: Event) -> bool:
    at_its_time = opened.start <= event.end and event.start <= opened.end
    return at_its_time and (event.topic == EVERYTHING or event.topic in opened.topics)
