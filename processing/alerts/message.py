"""An incident in plain text: the same numbers on every channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from processing.contract import EVERYTHING, Doubt, DrivingTerm, Incident, Pulse, VerdictName
from processing.explanation.sentences import doubt_sentence, rarity, verdict_sentence

MOST_DOUBTS = 6
SYNTHETIC = "Synthetic data: these posts were generated, nobody wrote them."


def moment(at: datetime) -> str:
    """A time as people read it, in UTC."""
    return f"{at:%a %-d %b %Y %H:%M} UTC"


def headline(incident: Incident) -> str:
    """One line: what, how far above normal, since when, or from when to when where that is over.

    What is no surge of people does not look like one.
    Where a sub-topic or one language leads, it is named: the figures are of it alone.
    """
    what = incident.severity if incident.verdict is VerdictName.ORGANIC else f"not told, {incident.verdict}"
    ratio = f"{incident.ratio:,.0f} times normal"
    return f"{what.upper()}: {_series(incident)} at {ratio}, {_when(incident)}"


def _when(incident: Incident) -> str:
    if incident.end is None:
        return f"since {moment(incident.start)}"
    begin = moment(incident.start).removesuffix(" UTC")
    same_day = incident.start.date() == incident.end.date()
    return f"from {begin} to {incident.end:%H:%M} UTC" if same_day else f"from {begin} to {moment(incident.end)}"


def _series(incident: Incident) -> str:
    led_by = "" if incident.lead_topic in {"", incident.topic} else f" ({incident.lead_topic})"
    spoken = "" if incident.lead_language == EVERYTHING else f" in {incident.lead_language}"
    return f"{incident.topic}{led_by}{spoken}"


def details(incident: Incident, width: timedelta) -> tuple[str, ...]:
    """The lines below the headline; `width` is the detector's bin."""
    found = f"found {incident.detected_at:%H:%M} UTC, score {incident.score:.1f}"
    lines = [f"{found}: so large a rise comes {rarity(incident.score)}; incident {incident.id}"]
    lines.append(verdict_sentence(incident.verdict, incident.evidence))
    lines += [pulse_line(number, pulse, width) for number, pulse in enumerate(incident.pulses, start=1)]
    if incident.languages:
        lines.append("languages: " + _first(incident.languages))
    lines += doubt_lines(incident.doubted)
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


def doubt_lines(doubted: Sequence[Doubt]) -> Iterator[str]:
    """A sentence for each language that is not named as one of people."""
    for doubt in doubted[:MOST_DOUBTS]:
        yield doubt_sentence(doubt, doubt.language)
    if len(doubted) > MOST_DOUBTS:
        yield f"likewise in doubt: {_first([doubt.language for doubt in doubted[MOST_DOUBTS:]])}"


def _first(names: Sequence[str], most: int = 12) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def pulse_line(number: int, pulse: Pulse, width: timedelta) -> str:
    """One rise: when it began, when it was highest, and how high that was."""
    return (
        f"pulse {number}: from {pulse.start:%a %H:%M}, highest {pulse.peak:%H:%M} UTC with {pulse.observed:,} posts "
        f"in {width.total_seconds() / 60:.0f} min, {pulse.expected:.1f} expected"
    )
