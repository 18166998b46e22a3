"""What the collectors say of an incident's sources: whether the time since its end is known, and which are silent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from processing.coverage import Coverage, newest_stretches


def is_silent(stretch: Coverage, wall: datetime) -> bool:
    """Return whether a collector is silent that may still deliver. `wall` is the wall clock."""
    return not stretch.complete and stretch.is_silent(wall)


def are_known(coverage: Sequence[Coverage], sources: Collection[str], end: datetime, until: datetime) -> bool:
    """Return whether every source has delivered event time up to `until`, or is an archive that held `end`.

    A source without a collector of its name is read from archives, under whatever name.
    """
    return bool(coverage) and all(
        any(each.until >= until or (each.complete and each.since <= end) for each in _collectors(coverage, source))
        for source in sources
    )


def any_silent(coverage: Sequence[Coverage], sources: Collection[str], wall: datetime) -> bool:
    """Return whether one of the sources is silent."""
    return any(each.source in sources and is_silent(each, wall) for each in newest_stretches(coverage))


def _collectors(coverage: Sequence[Coverage], source: str) -> Sequence[Coverage]:
    return [each for each in coverage if each.source == source] or coverage
