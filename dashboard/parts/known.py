"""What the store knows at present, asked once for all readers of all pages."""

from __future__ import annotations

from dashboard.context import connection, shared
from dashboard.settings import DashboardSettings
from dashboard.snapshot import Present
from dashboard.snapshot import present as ask


@shared(ttl=3, max_entries=8)
def present(settings: DashboardSettings) -> Present | None:
    """Return what the store knows at present; None while it holds no post. All readers share it."""
    return ask(connection(settings))
