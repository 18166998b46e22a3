"""Sums of minutes to hours and days, so that a page over a year reads thousands of rows.

An hour is summed up again from its minutes, as a minute is counted from its posts. It is never incremented, and its
version is taken before its minutes are read. A pass may therefore be interrupted, and two may run at once. The stored
rows show which hours are due: those with a minute recounted since the last finished pass, whose version is its `mark`.

A recount takes its version first, and its rows become visible at most `VISIBLE_WITHIN` later. Its statement begins at
most a minute after the version was taken, and is ended two minutes later (`recount.sql`). If the clock jumps forward in
between, the recount finds a higher version than its own and is repeated (`writer.recount`).

A pass therefore sums up everything recounted since `VISIBLE_WITHIN` before the last mark. The views `count_hours` and
`count_days` take hours recounted since then from their minutes. An hour's sum is used only `VISIBLE_WITHIN` after it
was made. That time is longer than any query runs, so no query combines an old sum with a new mark.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from processing.store.client import Store
from processing.store.statements import portions, sql
from processing.store.versions import take_version

VISIBLE_WITHIN = timedelta(minutes=5)
"""The longest time until a recount is visible. The view `count_minutes_unsummed` contains the same time."""

AT_ONCE = 500
"""The most hours, or days, in one statement."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

SUM_HOURS = sql("sum_hours")
SUM_DAYS = sql("sum_days")


def roll_up(store: Store) -> int:
    """Sum up the hours and days with a changed minute, and return the number of those hours."""
    mark = take_version(store)
    hours: list[datetime] = [hour for (hour,) in store.query("SELECT hour FROM count_minutes_unsummed ORDER BY hour")]
    _sum_up(store, SUM_HOURS, hours, HOUR)
    _sum_up(store, SUM_DAYS, sorted({hour.replace(hour=0) for hour in hours}), DAY)
    store.insert("roll_up_versions", ["of", "mark"], [["all"], [mark]])
    return len(hours)


def _sum_up(store: Store, statement: str, starts: list[datetime], width: timedelta) -> None:
    for some in portions(starts, AT_ONCE):
        span = {"from": some[0], "to": some[-1] + width}
        store.command(statement, {"starts": some, "version": take_version(store), **span})
