"""What networks call trending, and who was first: banwatch or a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from processing.queries.reader import Reader
from processing.store.client import Row


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

    @property
    def was_first(self) -> bool | None:
        """Whether banwatch was first; None where nobody knows.

        Where nobody was told, only the time of the posts is known at which we found the incident. After an outage it
        was found later, so it is not said that we were first.
        """
        if self.lead is None or (self.lead >= timedelta(0) and not self.was_told):
            return None
        return self.lead >= timedelta(0)


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
    return tuple(_trend_lead(row) for row in rows)


def recent_trend_leads(reader: Reader, since: datetime) -> tuple[TrendLead, ...]:
    """Return the same for each incident that began after a time."""
    rows = reader.query(
        """
        SELECT network, trend, told_at IS NOT NULL, lead_minutes
        FROM trend_leads
        WHERE incident IN (SELECT id FROM incidents WHERE start >= {since:DateTime('UTC')})
        ORDER BY network, incident
        """,
        {"since": since},
    )
    return tuple(_trend_lead(row) for row in rows)


def trends_about(reader: Reader, roots: Sequence[str], since: datetime) -> dict[str, int]:
    """Return how many trends of each network were about one of these topics, since a time.

    A network whose list was read and had none has 0.
    """
    rows = reader.query(
        """
        SELECT network, uniqExactIf(name, hasAny(topics, {roots:Array(String)}))
        FROM trends
        WHERE last_seen >= {since:DateTime64(3, 'UTC')}
        GROUP BY network
        """,
        {"roots": list(roots), "since": since},
    )
    return dict(rows)


def _trend_lead(row: Row) -> TrendLead:
    network, trend, told, lead = row
    return TrendLead(network, trend, bool(told), None if lead is None else timedelta(minutes=lead))


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
