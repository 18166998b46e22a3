"""When which feed is asked: politely, at random moments, and rarely where it fails. Pure decisions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

JITTER = 0.2
"""Part of the pause by which it is made longer or shorter, so that feeds are not asked all at once."""

RAREST = timedelta(hours=6)
"""A feed that keeps failing is still asked so often."""


@dataclass(frozen=True, slots=True)
class Turn:
    """When a feed is next asked, and how often in a row it has failed; `read` is when it last answered.

    `not_before` is until when it has asked to be left alone.
    """

    due: datetime
    failures: int = 0
    read: datetime | None = None
    not_before: datetime | None = None


def succeeded(now: datetime, every: timedelta, chance: float) -> Turn:
    """After an answer. `chance` is a random number in [0, 1)."""
    return Turn(now + every * (1 + JITTER * (2 * chance - 1)), 0, now)


def failed(turn: Turn, now: datetime, every: timedelta, retry_after: timedelta | None, chance: float) -> Turn:
    """After a failure: the pause doubles with each, and is never shorter than the feed asks for."""
    failures = turn.failures + 1
    pause = min(every * 2 ** min(failures - 1, 16), max(RAREST, every))
    not_before = now + retry_after if retry_after else None
    due = max(now + pause * (1 + JITTER * chance), not_before or now)
    return replace(turn, due=due, failures=failures, not_before=not_before)


def asked_anew(turn: Turn, due: datetime) -> Turn:
    """After a failure that is not the feed's own: it is due as told, but for what it has asked itself."""
    return replace(turn, due=max(due, turn.not_before or due), failures=1)
