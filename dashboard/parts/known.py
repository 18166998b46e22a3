"""What the store knows at present, asked once for all readers of all pages."""

from __future__ import annotations

from datetime import datetime, timedelta

from dashboard.context import connection, shared
from dashboard.settings import DashboardSettings
from dashboard.snapshot import Present
from dashboard.snapshot import present as ask
from processing import queries
from processing.queries import Presence

MINUTE = timedelta(minutes=1)


@shared(ttl=3, max_entries=8)
def present(settings: DashboardSettings) -> Present | None:
    """Return what the store knows at present; None while it holds no post. All readers share it."""
    return ask(connection(settings))


@shared(ttl=60, max_entries=8)
def held(settings: DashboardSettings, first: datetime) -> Presence:
    """Return what is in the store: the topics, languages and sources of its posts.

    An earlier `first` post asks anew: what an empty store gets is known at once.
    """
    known = present(settings)
    return queries.presence(connection(settings), first, first if known is None else known.newest + MINUTE)
