"""An incident in plain text: the same numbers on every channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from processing.contract import DrivingTerm, Incident, Pulse, VerdictName
from processing.sentences import verdict_sentence

SYNTHETIC = "Synthetic data: these posts were generated, nobody wrote them."


def moment(at: datetime) -> str:
    """A time as people read it, in UTC."""
    return f"{at:%a %-d %b %Y %H:%M} UTC"


def headline(incident: Incident) -> str:
    """One line: what, how far above normal, since when. What is no surge of people does not look like one."""
    what = incident.severity if incident.verdict is VerdictName.ORGANIC else f"not told, {incident.verdict}"
    return f"{what.upper()}: {incident.topic} at {incident.ratio:,.0f} times normal, since {moment(incident.start)}"


def details(incident: Incident, width: timedelta) -> tuple[str, ...]:
    """The lines below the headline; `width` is the detector's bin."""
    lines = [f"found {incident.detected_at:%H:%M} UTC, score {incident.score:.1f}; incident {incident.id}"]
    lines.append(verdict_sentence(incident.verdict, incident.evidence))
    lines += [pulse_line(number, pulse, width) for number, pulse in enumerate(incident.pulses, start=1)]
    if incident.languages:
        lines.append("languages: " + _first(incident.languages))
    lines += term_lines(incident.terms)
    if incident.subtopics:
        lines.append("sub-topics: " + _first(incident.subtopics))
    if incident.synthetic:
        lines.append(SYNTHETIC)
    return tuple(lines)


def term_lines(terms: Sequence[DrivingTerm]) -> Iterator[str]:
    """A line for each language with the terms that drive it."""
    for language, group in groupby(terms, key=lambda each: each.language):
        yield f"terms in {language}: " + ", ".join(each.term for each in group)


def _first(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def pulse_line(number: int, pulse: Pulse, width: timedelta) -> str:
    """One rise: when it began, when it was highest, and how high that was."""
    return (
        f"pulse {number}: from {pulse.start:%a %H:%M}, highest {pulse.peak:%H:%M} UTC with {pulse.observed:,} posts "
        f"in {width.total_seconds() / 60:.0f} min, {pulse.expected:.1f} expected"
    )
