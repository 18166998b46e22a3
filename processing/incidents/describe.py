"""What an incident is about and where it comes from: its languages, its terms, and whether its posts are synthetic."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from ingest.contract import SYNTHETIC_PREFIX
from processing import explanation, queries
from processing.contract import Incident, VerdictName
from processing.incidents.languages import languages_of
from processing.queries import Reader


def described(
    reader: Reader, incident: Incident, now: datetime, known: Incident | None = None, *, terms: bool = True
) -> Incident:
    """The incident with its languages, its terms and where it comes from; as known while it has not changed.

    Without `terms` it has none: nothing is decided by them, and to find them takes the most.
    """
    if known is not None and _same_rise(known, incident):
        return msgspec.structs.replace(
            incident, languages=known.languages, synthetic=known.synthetic, terms=known.terms
        )
    sources = queries.sources_between(reader, incident.topic, incident.start, incident.end or now)
    if incident.verdict is VerdictName.ORGANIC:
        incident = msgspec.structs.replace(incident, languages=languages_of(reader, incident, now))
    return msgspec.structs.replace(
        incident,
        synthetic=_are_synthetic(sources),
        terms=explanation.leading_terms(reader, incident, now) if terms else (),
    )


def _are_synthetic(sources: Iterable[str]) -> bool:
    named = tuple(sources)
    return bool(named) and all(source.startswith(SYNTHETIC_PREFIX) for source in named)


def _same_rise(one: Incident, other: Incident) -> bool:
    """Whether nothing has happened between two looks but that time went on."""
    figures = (
        *("start", "peak", "end", "observed", "score", "verdict", "subtopics", "doubted"),
        *("lead_topic", "lead_language", "lead_start", "lead_end"),
    )
    return all(getattr(one, name) == getattr(other, name) for name in figures)
