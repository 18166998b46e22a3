"""The sentences of the headline: whether talk surges, how far above normal, and since when."""

from __future__ import annotations

from datetime import datetime

from dashboard.i18n import Words
from dashboard.i18n.labels import language_name, topic_name
from dashboard.snapshot import Snapshot
from dashboard.status import HeadlineState, going_on, headline_state, strongest, surges
from processing.contract import EVERYTHING, Incident

HEADLINE_SIGNS = {
    HeadlineState.SURGING: "▲",
    HeadlineState.CALM: "●",
    HeadlineState.CATCHING_UP: "◔",
    HeadlineState.STALE: "?",
}


def headline(snapshot: Snapshot, words: Words, wall: datetime) -> tuple[str, ...]:
    """Return the headline's title, followed by the sentences under it."""
    state = headline_state(snapshot, wall)
    now = words.moment(snapshot.now)
    if state is HeadlineState.SURGING:
        return _surging(snapshot, words)
    if state is HeadlineState.CATCHING_UP:
        until = words.moment(snapshot.watched_until) if snapshot.watched_until else "—"
        return words.catching_up, words.catching_up_detail.format(until=until, now=now)
    if state is HeadlineState.STALE:
        age = words.duration(wall - max(stretch.heard_at for stretch in snapshot.coverage))
        return words.stale, words.stale_detail.format(age=age, now=now)
    return words.calm, words.calm_detail.format(now=now), *_last(surges(snapshot.incidents)[:1], words)


def _surging(snapshot: Snapshot, words: Words) -> tuple[str, ...]:
    going = going_on(snapshot.incidents)
    lead = strongest(going)
    detail = words.surging_detail.format(
        ratio=words.number(lead.ratio),
        start=words.moment(lead.start),
        duration=words.duration(snapshot.now - lead.start),
    )
    languages = words.separator.join(language_name(words, language) for language in lead.languages)
    return (
        words.surging.format(topic=incident_name(lead, words)),
        detail,
        *([words.colon.format(name=words.languages, value=languages)] if languages else []),
        *([words.surging_others(len(going) - 1)] if len(going) > 1 else []),
    )


def incident_name(incident: Incident, words: Words) -> str:
    """Return the incident's topic, its leading sub-topic and, if one language leads, that language."""
    topics = [topic_name(words, topic) for topic in (incident.topic, *incident.subtopics[:1])]
    alone = incident.lead_language != EVERYTHING
    return " · ".join([*topics, *([language_name(words, incident.lead_language)] if alone else [])])


def _last(incidents: tuple[Incident, ...], words: Words) -> tuple[str, ...]:
    return tuple(
        words.last_surge.format(
            topic=incident_name(last, words),
            start=words.moment(last.start, zoned=False),
            end=words.moment(last.end or last.peak),
            ratio=words.number(last.ratio),
        )
        for last in incidents
    )
