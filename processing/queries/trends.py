"""What networks call trending, and who was first: banwatch or a network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from processing.queries.reader import Reader


@dataclass(frozen=True, slots=True)
class TrendLead:
    """The first trend of a network about an incident.

    `lead` is from our telling, or from our finding unless `was_told`, to the trend. It is negative where the network
    was first, and None where nobody knows since when it trends.
    """

    network: str
    trend: str
    was_told: bool
    lead: timedelta | None


@dataclass(frozen=True, slots=True)
class KnownTrend:
    """A trend that was there at a late look; see the table `trends`."""

    first_seen: datetime
    appeared_at: datetime | None


def trend_leads(reader: Reader, incident: str) -> tuple[TrendLead, ...]:
    """Return whether banwatch or the trends were first, for each network that has the topic of the incident."""
    rows = reader.query(
        """
        SELECT network, trend, told_at IS NOT NULL, lead_minutes
        FROM trend_leads
        WHERE incident = {incident:String}
        ORDER BY network
        """,
        {"incident": incident},
    )
    return tuple(
        TrendLead(network, trend, bool(told), None if lead is None else timedelta(minutes=lead))
        for network, trend, told, lead in rows
    )


def known_trends(
    reader: Reader, network: str, server: str, since: datetime
) -> tuple[datetime | None, dict[str, KnownTrend]]:
    """Return when a list was last read, and the trends that it has had since a time, by name."""
    rows = reader.query(
        """
        SELECT name, first_seen, appeared_at, last_seen
        FROM trends
        WHERE network = {network:String} AND server = {server:String}
            AND last_seen >= {since:DateTime64(3, 'UTC')}
        ORDER BY last_seen
        """,
        {"network": network, "server": server, "since": since},
    )
    known = {name: KnownTrend(first_seen, appeared_at) for name, first_seen, appeared_at, _ in rows}
    return (rows[-1][3] if rows else None), known
