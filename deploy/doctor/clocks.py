"""Clocks: how far the clock of a server is from the clock of this machine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from deploy.doctor.finding import Finding, error, ok, warning

Clock = Callable[[], datetime]

SCARCELY, MUCH = timedelta(seconds=5), timedelta(minutes=1)
"""Differences from which a clock is a warning and an error. Versions of posts, deletions and lags are clock times."""


def judged(what: str, server: str, before: datetime, there: datetime, after: datetime) -> Finding:
    """Return the finding of a server's time that was read between two moments of this machine's clock.

    The time that the answer took is no difference.
    """
    off = there - after if there > after else before - there if there < before else timedelta()
    if off < SCARCELY:
        return ok(what, f"{server} and this machine have the same time, within {SCARCELY.total_seconds():g} s.")
    said = (
        f"The clock of {server} is {off.total_seconds():,.0f} s {'ahead of' if there > after else 'behind'} this one."
    )
    return (warning if off < MUCH else error)(what, said, "Let NTP set the clocks of all machines.")
