"""Incidents as conversations are about them."""

from __future__ import annotations

from datetime import timedelta

from processing.contract import Evidence, Incident, IncidentState, Pulse, Severity
from tests.conftest import NOON

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def pulses(*begun: tuple[float, int]) -> tuple[Pulse, ...]:
    """Pulses by hours after noon, and by posts in the highest bin, where none are expected."""
    return tuple(Pulse(NOON + hours * HOUR, NOON + hours * HOUR + 10 * MINUTE, posts, 0.0) for hours, posts in begun)


def an_incident(**fields: object) -> Incident:
    """A major surge of English talk since noon, that goes on, with whatever the test needs different."""
    given: dict[str, object] = {
        "id": "ban-20200710T1210Z",
        "topic": "ban",
        "state": IncidentState.OPEN,
        "start": NOON,
        "detected_at": NOON + 10 * MINUTE,
        "peak": NOON + 10 * MINUTE,
        "end": None,
        "observed": 400,
        "expected": 20.0,
        "ratio": 20.0,
        "score": 2.5,
        "severity": Severity.MAJOR,
        "languages": ("en",),
        "subtopics": (),
        "pulses": pulses((0, 50)),
        "synthetic": False,
        "lead_start": NOON,
        "lead_topic": "ban",
        "evidence": (Evidence("voices", 0.5),),
    }
    return Incident(**(given | fields))  # type: ignore[arg-type]
