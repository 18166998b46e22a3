"""The sources of counts for a range: sums of whole days and hours, and minutes at the edges of the range."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from processing.store.rollup import VISIBLE_WITHIN

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

VIEWS = {DAY: ("count_days", "day"), HOUR: ("count_hours", "hour"), MINUTE: ("counts", "minute")}
TABLES = {DAY: "count_day_versions", HOUR: "count_hour_versions", MINUTE: "count_versions"}

UNSUMMED = "version > (SELECT max(mark) FROM roll_up_versions) - {slack:UInt64}"
"""The minutes whose hours and days may have old sums, as in the view `count_minutes_unsummed`."""

SLACK_IN_MICROSECONDS = VISIBLE_WITHIN // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time that one view covers. `step` is the time that one row of the view covers."""

    start: datetime
    end: datetime
    step: timedelta


def spans(start: datetime, end: datetime, width: timedelta) -> tuple[Span, ...]:
    """Cut a range into the coarsest steps that divide `width`, in order of time, without gap or overlap."""
    steps = [step for step in (DAY, HOUR) if not width % step]
    return tuple(_cut(start, end, [*steps, MINUTE]))


def _cut(start: datetime, end: datetime, steps: list[timedelta]) -> Iterator[Span]:
    step, *finer = steps
    if not finer:
        if start < end:
            yield Span(start, end, step)
        return
    first, last = start + (EPOCH - start) % step, end - (end - EPOCH) % step
    if first >= last:
        yield from _cut(start, end, finer)
        return
    yield from _cut(start, first, finer)
    yield Span(first, last, step)
    yield from _cut(last, end, finer)


def counted(start: datetime, end: datetime, width: timedelta) -> tuple[str, dict[str, object]]:
    """Return a FROM clause and its parameters.

    Its columns are minute, topic, language, source, posts, backfilled and deleted.

    Summed over bins of `width`, the clause gives the same counts as `counts`. A row may stand for an hour or a day
    within its bin. Put the condition on topic and language outside the clause; the engine moves it inside.
    """
    parameters: dict[str, object] = {}
    selects = []
    for number, span in enumerate(spans(start, end, width)):
        view, column = VIEWS[span.step]
        parameters |= {f"from_{number}": span.start, f"to_{number}": span.end}
        selects.append(
            f"SELECT {column} AS minute, topic, language, source, posts, backfilled, deleted FROM {view} "  # noqa: S608
            f"WHERE {column} >= {{from_{number}:DateTime('UTC')}} AND {column} < {{to_{number}:DateTime('UTC')}}"
        )
    nothing = "SELECT minute, topic, language, source, posts, backfilled, deleted FROM counts WHERE false"
    return f"({' UNION ALL '.join(selects) or nothing})", parameters


def as_they_lie(start: datetime, end: datetime) -> tuple[str, dict[str, object]]:
    """Return a FROM clause with topic, language and source of everything counted in a range, and its parameters.

    The clause reads all versions and merges none, for queries about what exists. A bucket emptied since is still
    included.
    """
    parameters: dict[str, object] = {"start": start, "end": end, "slack": SLACK_IN_MICROSECONDS}
    selects = [
        "SELECT topic, language, source FROM count_versions WHERE posts > 0 "  # noqa: S608 - the part is a constant
        f"AND minute >= {{start:DateTime('UTC')}} AND minute < {{end:DateTime('UTC')}} AND {UNSUMMED}"
    ]
    for number, span in enumerate(spans(start, end, DAY)):
        column = VIEWS[span.step][1]
        parameters |= {f"from_{number}": span.start, f"to_{number}": span.end}
        selects.append(
            f"SELECT topic, language, source FROM {TABLES[span.step]} WHERE posts > 0 "  # noqa: S608
            f"AND {column} >= {{from_{number}:DateTime('UTC')}} AND {column} < {{to_{number}:DateTime('UTC')}}"
        )
    return f"({' UNION ALL '.join(selects)})", parameters
