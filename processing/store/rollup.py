"""Sum minutes up to hours and days, so that a page over a year reads thousands of rows.

An hour is summed up anew from its minutes as a minute is from its posts: never incremented, with a version taken
before the read, so a pass may be cut off anywhere, and two may run at once. Which hours are due is nothing to
remember either: those of which a minute was recounted since the last pass that came through, its `mark`.

A recount's rows carry the version of before it and are seen a little later, but never later than `SLACK` behind it: the
statement refuses to begin a minute after its version was taken, and is ended after two more (`recount.sql`). Where the
clock leaps forward meanwhile, the recount finds its version overtaken and is made again (`writer.recount`). So a pass
takes in what was recounted up to `SLACK` before the last mark, and a reader of the views `count_hours` and `count_days`
gets those hours from the minutes. An hour is trusted only `SLACK` after it was summed up, which is also longer than a
query takes that saw the sums of before a pass and the mark of behind it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from processing.store.client import Store
from processing.store.statements import portions, sql
from processing.store.versions import take_version

SLACK = timedelta(minutes=5)
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
