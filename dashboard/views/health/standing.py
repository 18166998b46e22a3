"""How banwatch itself is: what each stage has reached. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from dashboard.snapshot import BEHIND_FROM
from dashboard.views.health.rates import Rate
from processing.queries import Health, RejectedShare, Rejections
from processing.troubles import Collector, Facts, collectors, failing, missing, overdue, watch_silence

SENT = "sent"


class StageName(StrEnum):
    """A stage of the path of a post, in their order."""

    READ = "read"
    COUNTED = "counted"
    SCORED = "scored"
    TOLD = "told"


class StageState(StrEnum):
    """How a stage is. `UNKNOWN` is neither good nor bad: nobody has said anything."""

    WELL = "well"
    BEHIND = "behind"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Stage:
    """One stage: up to when it has come, in event time, and how far that is behind the stage before it."""

    name: StageName
    state: StageState
    until: datetime | None
    behind: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class Standing(Facts):
    """What the store knows of banwatch itself, also where nothing can be wrong.

    `first` is the oldest covered moment, or None while there is no post. `posts` are all counted posts, and `newest` is
    the minute of the newest one. `rejections` and their shares are those of the last day. `told` names the troubles
    that people have been told of and that are not over.
    """

    first: datetime | None = None
    newest: datetime | None = None
    posts: int = 0
    rates: tuple[Rate, ...] = ()
    rejections: tuple[Rejections, ...] = ()
    rejected_shares: tuple[RejectedShare, ...] = ()
    told: frozenset[str] = frozenset()


def read_until(health: Iterable[Health]) -> datetime | None:
    """Return the newest event time that any collector has sent on; None if no collector has reported."""
    return max((each.heard_at - timedelta(seconds=each.lag) for each in health), default=None)


def stages(of: Standing, wall: datetime) -> tuple[Stage, ...]:
    """Return the four stages in the order of a post's path."""
    return _read(of, wall), _counted(of), _scored(of, wall), _told(of, wall)


def _read(of: Standing, wall: datetime) -> Stage:
    found = collectors(of.coverage, of.health, wall)
    absent = missing(found)
    state = StageState.UNKNOWN if not found else StageState.WRONG if absent else StageState.WELL
    return Stage(StageName.READ, state, read_until(of.health))


def _counted(of: Standing) -> Stage:
    if of.counted_until is None or not of.coverage:
        return Stage(StageName.COUNTED, StageState.UNKNOWN, of.counted_until)
    return _behind(StageName.COUNTED, of.counted_until, read_until(of.health))


def _scored(of: Standing, wall: datetime) -> Stage:
    if of.scored_until is None or of.counted_until is None:
        return Stage(StageName.SCORED, StageState.UNKNOWN, None)
    if (silence := watch_silence(of.watch_heard_at, of.coverage, wall)) is not None:
        return Stage(StageName.SCORED, StageState.WRONG, min(of.scored_until, of.counted_until), silence)
    return _behind(StageName.SCORED, min(of.scored_until, of.counted_until), of.counted_until)


def _behind(name: StageName, until: datetime, before: datetime | None) -> Stage:
    behind = max(timedelta(), before - until) if before else None
    late = behind is not None and behind > BEHIND_FROM
    return Stage(name, StageState.BEHIND if late else StageState.WELL, until, behind)


def _told(of: Standing, wall: datetime) -> Stage:
    last = max((each.at for each in of.attempts if each.outcome == SENT), default=None)
    if failing(of.attempts):
        return Stage(StageName.TOLD, StageState.WRONG, last)
    if overdue(of.waiting, wall):
        return Stage(StageName.TOLD, StageState.BEHIND, last)
    return Stage(StageName.TOLD, StageState.WELL if of.attempts else StageState.UNKNOWN, last)


def rejected_share(word: Health) -> float | None:
    """Return the rejected share of a collector's records since its start; None before the first record."""
    records = word.posts + word.rejected
    return word.rejected / records if records else None


def words_of(health: Iterable[Health]) -> dict[str, Health]:
    """Return each collector's newest report by the collector's name."""
    return {each.source: each for each in health}


def listed(of: Standing, wall: datetime) -> tuple[Collector, ...]:
    """Return the collectors, those whose posts are missing first."""
    found = collectors(of.coverage, of.health, wall)
    absent = missing(found)
    return (*absent, *(each for each in found if each not in absent))
