"""Reads of spikes and incidents."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from processing.contract import (
    Doubt,
    DrivingTerm,
    Evidence,
    Incident,
    IncidentState,
    Pulse,
    Severity,
    Spike,
    VerdictName,
)
from processing.queries.reader import Reader
from processing.store.client import Row

Part = TypeVar("Part", bound=msgspec.Struct)


def _parts(kind: type[Part], stored: Sequence[object]) -> tuple[Part, ...]:
    """Return an array of named tuples as Structs. The client returns each tuple as a dictionary or as a tuple."""
    return tuple(
        msgspec.convert(
            part if isinstance(part, dict) else dict(zip(kind.__struct_fields__, part, strict=True)),  # type: ignore[call-overload]
            kind,
        )
        for part in stored
    )


def spikes(reader: Reader, start: datetime, end: datetime) -> tuple[Spike, ...]:
    """Return the spikes that overlap a range, sorted by their start."""
    rows = reader.query(
        """
        SELECT
            topic, language, start, detected_at, peak, `end`, observed, expected, ratio, score, severity,
            provisional, pulses, window, window_observed, window_expected, verdict, evidence
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
            pulses=_parts(Pulse, row[12]),
            window=row[13],
            window_observed=row[14],
            window_expected=row[15],
            verdict=VerdictName(row[16]),
            evidence=_parts(Evidence, row[17]),
        )
        for row in rows
    )


_INCIDENT = """
    SELECT
        id, topic, start, detected_at, peak, `end`, observed, expected, ratio, score,
        state, severity, languages, subtopics, pulses, synthetic, lead_topic, lead_language, verdict, evidence, terms,
        lead_start, lead_end, doubted, window, window_observed, window_expected
    FROM incidents
"""


def incidents(reader: Reader, *, limit: int = 100, open_only: bool = False) -> tuple[Incident, ...]:
    """Return the incidents, newest first: of each root topic the newest `limit`, so that none hides another's."""
    rows = reader.query(
        _INCIDENT
        + """
        WHERE NOT {open_only:Bool} OR state = 'open'
        ORDER BY start DESC, id
        LIMIT {limit:UInt32} BY topic
        """,
        {"limit": limit, "open_only": open_only},
    )
    return tuple(map(_incident, rows))


def incident(reader: Reader, name: str) -> Incident | None:
    """Return the incident with this id, or None."""
    rows = reader.query(_INCIDENT + " WHERE id = {name:String}", {"name": name})
    return _incident(rows[0]) if rows else None


def incidents_named(reader: Reader, names: Collection[str]) -> tuple[Incident, ...]:
    """Return the incidents with these ids; an id that no incident has is left out."""
    rows = reader.query(_INCIDENT + " WHERE id IN {names:Array(String)}", {"names": sorted(names)}) if names else []
    return tuple(map(_incident, rows))


def _incident(row: Row) -> Incident:
    names = ("id", "topic", "start", "detected_at", "peak", "end", "observed", "expected", "ratio", "score")
    return Incident(
        **dict(zip(names, row[:10], strict=True)),
        state=IncidentState(row[10]),
        severity=Severity(row[11]),
        languages=tuple(row[12]),
        subtopics=tuple(row[13]),
        pulses=_parts(Pulse, row[14]),
        synthetic=row[15],
        lead_topic=row[16],
        lead_language=row[17],
        verdict=VerdictName(row[18]),
        evidence=_parts(Evidence, row[19]),
        terms=_parts(DrivingTerm, row[20]),
        lead_start=row[21],
        lead_end=row[22],
        doubted=_parts(Doubt, row[23]),
        window=row[24],
        window_observed=row[25],
        window_expected=row[26],
    )
