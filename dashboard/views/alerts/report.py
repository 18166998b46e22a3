"""What the page shows of alerts. The loads are shared by all who look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import streamlit as st

from dashboard.context import connection, which_store
from dashboard.settings import DashboardSettings
from dashboard.window import end_of_time
from processing import queries
from processing.contract import Incident, Silence
from processing.queries import ChannelRecord, Conversation, Delivery

MOST_CONVERSATIONS, MOST_DELIVERIES = 200, 100
COUNTED = timedelta(days=7)
"""Attempts are counted for so long."""


@dataclass(frozen=True)
class Told:
    """What was told, as it stands at `at`.

    `event_time` is the newest counted moment, by which silences go; it is `at` where nothing is counted. `incidents`
    are those that conversations are about, by id. `sources` are those that collectors have covered.
    """

    at: datetime
    event_time: datetime
    channels: tuple[ChannelRecord, ...]
    conversations: tuple[Conversation, ...]
    incidents: dict[str, Incident]
    silences: tuple[Silence, ...]
    sources: tuple[str, ...]


@st.cache_data(ttl=2, max_entries=4, show_spinner=False, hash_funcs={DashboardSettings: which_store})
def told(settings: DashboardSettings) -> Told:
    """Return what was told, and what is silenced."""
    reader, at = connection(settings), datetime.now(UTC)
    coverage, extent = queries.coverage(reader), queries.extent(reader)
    event_time = at if extent is None else end_of_time(coverage, extent[1])
    conversations = queries.conversations(reader, resolved=True, limit=MOST_CONVERSATIONS)
    names = {each.conversation for each in conversations}
    return Told(
        at=at,
        event_time=event_time,
        channels=queries.channel_records(reader, at - COUNTED),
        conversations=conversations,
        incidents={each.id: each for each in queries.incidents_named(reader, names)} if names else {},
        silences=queries.silences(reader, event_time.replace(microsecond=0)),
        sources=tuple(sorted({each.source for each in coverage})),
    )


@st.cache_data(ttl=2, max_entries=16, show_spinner=False, hash_funcs={DashboardSettings: which_store})
def deliveries(settings: DashboardSettings, channel: str, failed: bool) -> tuple[Delivery, ...]:
    """Return the newest attempts, of one channel if it is not empty; with `failed` those alone that failed."""
    return queries.deliveries(connection(settings), channel=channel, failed=failed, limit=MOST_DELIVERIES)


def renew() -> None:
    """Read everything again the next time, because something was written."""
    told.clear()
