"""From when on something is a trouble."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The thresholds of troubles.

    `lag`: the counts are so far behind the clock, or the scores behind what could be scored. `width` is the detector's
    bin. `rejected_share` and `rejected_least`: of the records of a source in the last hour, such a share was rejected,
    and so many. `disk` and `disk_critical` are free shares.
    """

    lag: timedelta = timedelta(minutes=15)
    width: timedelta = timedelta(minutes=5)
    rejected_share: float = 0.05
    rejected_least: int = 20
    disk: float = 0.1
    disk_critical: float = 0.03
