"""How many posts each network brings. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.snapshot import coverage_of, is_covered
from processing.queries import Coverage

STEP = timedelta(minutes=5)
"""The width of the bins from which rates are made."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Rate:
    """The posts of one network, as its own counts say.

    `hour` has those of the last hour, and `usual` the posts an hour over the 24 hours. Each is None if no collector
    covered that time.
    """

    source: str
    hour: int | None
    usual: float | None


def rates(rows: Iterable[tuple[datetime, str, int]], coverage: Sequence[Coverage], now: datetime) -> tuple[Rate, ...]:
    """Return the rate of each network in the day up to `now`, the loudest first. `rows` are (bin, network, posts)."""
    counts: defaultdict[str, dict[datetime, int]] = defaultdict(dict)
    for start, source, posts in rows:
        counts[source][start] = posts
    return tuple(
        sorted(
            (_rate(source, bins, coverage_of(source, coverage), now) for source, bins in counts.items()),
            key=lambda rate: (-(rate.usual or 0), rate.source),
        )
    )


def _rate(source: str, bins: dict[datetime, int], coverage: Sequence[Coverage], now: datetime) -> Rate:
    known = [now - STEP * step for step in range(1, DAY // STEP + 1)]
    known = [start for start in known if is_covered(start, start + STEP, coverage)]
    last = [bins.get(start, 0) for start in known if start >= now - HOUR]
    usual = sum(bins.get(start, 0) for start in known) / len(known) * (HOUR / STEP) if known else None
    return Rate(source, sum(last) if last else None, usual)
