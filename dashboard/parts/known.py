"""What the store knows at present, asked once for all readers of all pages."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from dashboard.context import connection, shared, which_store
from dashboard.settings import DashboardSettings
from dashboard.snapshot import Present
from dashboard.snapshot import present as ask
from processing import queries
from processing.queries import Presence, StoreUnavailable

MINUTE = timedelta(minutes=1)
AWAY = timedelta(seconds=5)
"""So long after a failure nobody else waits for a store that does not answer."""

_failures: dict[tuple[str, str], tuple[float, str]] = {}
"""When each store has last failed to answer, and what was said of it."""


@shared(ttl=3, max_entries=8)
def present(settings: DashboardSettings) -> Present | None:
    """Return what the store knows at present; None while it holds no post. All readers share it.

    A store that hangs takes the whole time-out. The readers who come meanwhile stand in line, and are told at once.
    """
    store = which_store(settings)
    at, said = _failures.get(store, (-AWAY.total_seconds(), ""))
    if time.monotonic() - at < AWAY.total_seconds():
        raise StoreUnavailable(said)
    try:
        return ask(connection(settings))
    except StoreUnavailable as error:
        _failures[store] = time.monotonic(), str(error)
        raise


@shared(ttl=60, max_entries=8)
def held(settings: DashboardSettings, first: datetime) -> Presence:
    """Return what is in the store: the topics, languages and sources of its posts.

    An earlier `first` post asks anew: what an empty store gets is known at once.
    """
    known = present(settings)
    return queries.presence(connection(settings), first, first if known is None else known.newest + MINUTE)
