"""The sentences of the headline: whether talk surges now, how far above normal, and since when. Pure."""

from __future__ import annotations

from datetime import datetime

from dashboard.i18n import Words
from dashboard.i18n.labels import language_name, topic_name
from dashboard.snapshot import Present
from dashboard.status import HeadlineState, going_on, headline_state, is_live, strongest, surges
from processing.contract import EVERYTHING, Incident

HEADLINE_SIGNS = {
    HeadlineState.SURGING: "▲",
    HeadlineState.CALM: "●",
    HeadlineState.CATCHING_UP: "◔",
    HeadlineState.STALE: "?",
}


def headline(known: Present, words: Words, wall: datetime) -> tuple[str, ...]:
    """Return the headline's title, followed by the sentences under it.

    Each sentence about surges names the moment of which it is made: up to there surges have been looked for.
    """
    state = headline_state(known, wall)
    if state is HeadlineState.STALE:
        return _stale(known, words, wall)
    if known.scored_until is None:
        counted = words.moment(known.now)
        return words.catching_up, words.now_page.not_yet_detail.format(counted=counted)
    if state is HeadlineState.CATCHING_UP:
        return _behind(known, known.scored_until, words)
    if state is HeadlineState.SURGING:
        lead = strongest(going_on(known.incidents))
        title = words.surging.format(topic=incident_name(lead, words))
        return title, *_surging(known, known.scored_until, words)
    calm = words.calm_detail.format(now=words.moment(known.scored_until))
    return words.calm, calm, *_last(surges(known.incidents)[:1], words)


def age(known: Present, words: Words, wall: datetime) -> str:
    """Return how old the newest counted moment is, or that the posts are a replay."""
    live = is_live(known.now, wall)
    return words.behind.format(age=words.duration(wall - known.now)) if live else words.replay


def _stale(known: Present, words: Words, wall: datetime) -> tuple[str, ...]:
    page = words.now_page
    silence = words.duration(wall - max(stretch.heard_at for stretch in known.coverage))
    detail = words.stale_detail.format(age=silence, now=words.moment(known.now))
    if known.scored_until is None:
        return words.stale, detail
    going = going_on(known.incidents)
    state = page.was_surging.format(topic=incident_name(strongest(going), words)) if going else page.was_calm
    return words.stale, detail, page.unknown_since.format(moment=words.moment(known.scored_until), state=state)


def _behind(known: Present, scored: datetime, words: Words) -> tuple[str, ...]:
    page, moment, going = words.now_page, words.moment(scored), going_on(known.incidents)
    detail = page.behind_detail.format(
        counted=words.moment(known.now), scored=moment, behind=words.duration(known.now - scored)
    )
    if not going:
        return page.calm_as_of.format(moment=moment), detail
    title = page.surging_as_of.format(moment=moment, topic=incident_name(strongest(going), words))
    return title, *_surging(known, scored, words), detail


def _surging(known: Present, scored: datetime, words: Words) -> tuple[str, ...]:
    going = going_on(known.incidents)
    lead = strongest(going)
    detail = words.surging_detail.format(
        ratio=words.number(lead.ratio),
        start=words.moment(lead.start),
        duration=words.duration(seen_until(lead, scored) - lead.start),
    )
    languages = words.separator.join(language_name(words, language) for language in lead.languages)
    return (
        detail,
        *([words.colon.format(name=words.languages, value=languages)] if languages else []),
        *([words.surging_others(len(going) - 1)] if len(going) > 1 else []),
    )


def seen_until(incident: Incident, scored: datetime) -> datetime:
    """Return the moment up to which an incident that goes on has been seen. It may have been found in an open bin."""
    return max(scored, incident.detected_at)


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
