"""Spikes and incidents, and what is known of each at the channels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from processing.contract import (
    Incident,
    IncidentState,
    Pulse,
    Severity,
    Spike,
)
from processing.queries.reader import Reader


def _pulses(stored: Sequence[object]) -> tuple[Pulse, ...]:
    return tuple(
        Pulse(**pulse) if isinstance(pulse, dict) else Pulse(*pulse)  # type: ignore[misc]
        for pulse in stored
    )


def spikes(reader: Reader, start: datetime, end: datetime) -> tuple[Spike, ...]:
    """Spikes that touch a range, by their start."""
    rows = reader.query(
        """
        SELECT
            topic, language, start, detected_at, peak, `end`, observed, expected, ratio, score, severity,
            provisional, pulses
        FROM spikes
        WHERE start < {end:DateTime('UTC')} AND ifNull(`end`, start) >= {start:DateTime('UTC')}
            OR (`end` IS NULL AND start < {end:DateTime('UTC')})
        ORDER BY start, topic, language
        """,
        {"start": start, "end": end},
    )
    names = (
        "topic",
        "language",
        "start",
        "detected_at",
        "peak",
        "end",
        "observed",
        "expected",
        "ratio",
        "score",
    )
    return tuple(
        Spike(
            **dict(zip(names, row[:10], strict=True)),
            severity=Severity(row[10]),
            provisional=row[11],
            pulses=_pulses(row[12]),
        )
        for row in rows
    )


def incidents(reader: Reader, *, limit: int = 100, open_only: bool = False) -> tuple[Incident, ...]:
    """Incidents, newest first."""
    rows = reader.query(
        """
        SELECT
            id, topic, start, detected_at, peak, `end`, observed, expected, ratio, score,
            state, severity, languages, subtopics, pulses, synthetic
        FROM incidents
        WHERE NOT {open_only:Bool} OR state = 'open'
        ORDER BY start DESC, id
        LIMIT {limit:UInt32}
        """,
        {"limit": limit, "open_only": open_only},
    )
    names = ("id", "topic", "start", "detected_at", "peak", "end", "observed", "expected", "ratio", "score")
    return tuple(
        Incident(
            **dict(zip(names, row[:10], strict=True)),
            state=IncidentState(row[10]),
            severity=Severity(row[11]),
            languages=tuple(row[12]),
            subtopics=tuple(row[13]),
            pulses=_pulses(row[14]),
            synthetic=row[15],
        )
        for row in rows
    )


def delivered(reader: Reader, dedup_key: str, notifier: str) -> bool:
    """Whether a channel has told of an incident."""
    [(rows,)] = reader.query(
        """
        SELECT count() FROM deliveries
        WHERE dedup_key = {key:String} AND notifier = {notifier:String} AND outcome = 'sent'
        """,
        {"key": dedup_key, "notifier": notifier},
    )
    return bool(rows)


def silenced(reader: Reader, topic: str, at: datetime) -> bool:
    """Whether a silence covers this topic at this event time."""
    [(rows,)] = reader.query(
        """
        SELECT count() FROM silences
        WHERE (topic = '*' OR topic = {topic:String})
            AND starts_at <= {at:DateTime('UTC')} AND ends_at > {at:DateTime('UTC')}
        """,
        {"topic": topic, "at": at},
    )
    return bool(rows)


def acknowledged(reader: Reader, incident: str) -> bool:
    """Whether somebody has taken an incident on."""
    [(rows,)] = reader.query(
        "SELECT count() FROM acknowledgements WHERE incident = {incident:String}",
        {"incident": incident},
    )
    return bool(rows)
