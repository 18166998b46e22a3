"""Sum minutes up to hours and days, so that a page over a year reads thousands of rows.

An hour is summed up anew from its minutes, as a minute is from its posts: it is never incremented, and its version is
taken before its minutes are read. So a pass may be cut off anywhere, and two may run at once. Which hours are due
follows from what is stored: those of which a minute was recounted since the last pass that finished, its `mark`.

A recount takes its version first and its rows become visible later, at most `VISIBLE_WITHIN` later: the statement does
not begin more than a minute after its version was taken, and is ended two minutes on (`recount.sql`). Where the clock
leaps forward meanwhile, the recount finds a higher version than its own and is made again (`writer.recount`).
Therefore a pass sums up what was recounted since `VISIBLE_WITHIN` before the last mark, and the views `count_hours` and
`count_days` take the hours that were recounted since then from their minutes. An hour's sum is trusted `VISIBLE_WITHIN`
after it was made. That is longer than any query runs, so that no query takes an old sum together with a new mark.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from processing.store.client import Store
from processing.store.statements import portions, sql
from processing.store.versions import take_version

VISIBLE_WITHIN = timedelta(minutes=5)
"""As in the view `count_minutes_unsummed`."""

AT_ONCE = 500
"""Hours, or days, of one statement."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

SUM_HOURS = sql("sum_hours")
SUM_DAYS = sql("sum_days")


def roll_up(store: Store) -> int:
    """Sum up the hours and days of which a minute has changed, and return how many hours those were."""
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
