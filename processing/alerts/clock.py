"""The clock of decisions on alerts."""

from __future__ import annotations

from datetime import datetime

from processing.coverage import HISTORY


def alert_time(wall: datetime, event: datetime | None) -> datetime:
    """Return the time by which alerts are decided and become due.

    `event` is how far the watch has come, None before its first bin. A live watch is never far behind, and people's
    quiet hours follow the wall clock. A replay is decided by the time that it replays.
    """
    return wall if event is None or wall - event < HISTORY else event
