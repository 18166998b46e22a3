"""The page of an incident, with what was found in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from dashboard.headline import incident_name
from dashboard.i18n import Words
from dashboard.i18n.labels import evidence_name, language_name
from dashboard.parts.findings import about, came, correction_sentence, led_sentence
from dashboard.parts.verdict import doubts
from dashboard.public.editions import Counts, Edition, Findings, Story
from dashboard.public.pages.frame import MOST_ROWS, badges, chart_of, others, page
from dashboard.public.site import Site
from dashboard.public.words import as_of, data_path, incident_sentence
from dashboard.synthetic import synthetic_of
from processing.contract import EVERYTHING, Incident, VerdictName
from processing.explanation import CORRECTION_WINDOW, LEAST_CORRECTED, Correction, Leads, SharedPost
from processing.explanation.sentences import figure, limit, rarity, verdict_sentence
from processing.plain_text import displayable, safe_link
from processing.queries import Claim


def incident_page(
    site: Site,
    words: Words,
    edition: Edition,
    story: Story,
    found: Findings,
    *,
    wall: datetime,
    away: datetime | None,
) -> str:
    """Return the page of an incident, with what was found in it."""
    incident, counts, snapshot = story.incident, story.counts, edition.snapshot
    scored = snapshot.scored_until if snapshot else None
    points = counts.points(incident.topic, EVERYTHING)
    return page(
        "incident.html",
        site,
        words,
        title=incident_name(incident, words),
        note=synthetic_of(counts, incident).note(words),
        as_of=as_of(snapshot, words, wall) if snapshot else "",
        away=away,
        incident=incident,
        organic=incident.verdict is VerdictName.ORGANIC,
        ratio=words.number(incident.ratio),
        sentence=incident_sentence(incident, scored, words),
        badges=badges(incident, words),
        chart=chart_of(site, words, counts, points, story.marks, topic=incident.topic, asked={"incident": incident.id}),
        facts=_facts(incident, words),
        verdict=verdict_sentence(incident.verdict, incident.evidence, words.tag),
        doubts=doubts(incident, words),
        evidence=[
            (evidence_name(words, each.name), figure(each, words.tag), limit(each, words.tag), each.decisive)
            for each in incident.evidence
        ],
        pulses=[(words.moment(p.peak), words.number(p.observed), words.number(p.expected)) for p in incident.pulses],
        terms=list(_terms(incident, words)),
        spoken=_spoken(incident, counts, words),
        **_found(found, words),
        data=data_path(incident.id),
        posts=[
            (words.first_posts, [_post(post, words) for post in story.first]),
            (words.most_shared, [_post(post, words) for post in story.shared]),
        ]
        if story.first or story.shared
        else [],
    )


def _found(found: Findings, words: Words) -> dict[str, Any]:
    """Return the claims, which languages led, and the corrections."""
    return {
        "led": led_sentence(found.leads, words) if found.leads else "",
        "corrections": [_correction(each, words) for each in found.corrections],
        "corrections_note": words.correction.note.format(
            window=words.duration(CORRECTION_WINDOW), least=words.number(LEAST_CORRECTED)
        ),
        "claims": [
            _claim(number, each, found.claim_leads.get(each.name), words)
            for number, each in enumerate(found.claims, start=1)
        ],
        "claims_note": _claims_note(found.claims, words),
    }


def _facts(incident: Incident, words: Words) -> list[tuple[str, str]]:
    return [
        (words.started, words.moment(incident.start)),
        (words.peaked, words.moment(incident.peak)),
        (words.ended, words.moment(incident.end) if incident.end else words.still_going),
        (words.observed, words.number(incident.observed)),
        (words.expected, words.number(incident.expected)),
        (words.rarity, rarity(incident.score, words.tag)),
    ]


def _spoken(incident: Incident, counts: Counts, words: Words) -> list[tuple[str, str, str]]:
    """Return the languages of the posts while the incident lasted: name, posts, share; the largest first."""
    end = incident.end or counts.window.until
    width: timedelta = counts.window.width
    totals = {
        language: sum(posts for at, posts in bins.items() if incident.start - width < at < end)
        for (topic, language), bins in counts.series.items()
        if topic == incident.topic
    }
    whole = totals.pop(EVERYTHING, 0) or 1
    shown = sorted(totals.items(), key=lambda each: (-each[1], each[0]))[:MOST_ROWS]
    return [
        (language_name(words, tag), words.number(posts), words.percent(posts / whole)) for tag, posts in shown if posts
    ]


def _terms(incident: Incident, words: Words) -> Iterator[tuple[str, str, list[str]]]:
    """Yield each language of the terms: its name, its tag, its terms."""
    languages = dict.fromkeys(term.language for term in incident.terms)
    for tag in languages:
        said = [displayable(term.term, 80) for term in incident.terms if term.language == tag]
        yield language_name(words, tag), tag, said


def _claim(number: int, claim: Claim, leads: Leads | None, words: Words) -> dict[str, Any]:
    """Return a claim. It has a title, which is a text of a post, where posts may be shown."""
    title, languages = claim.title(words.tag), claim.languages
    return {
        "name": words.public.claim.format(number=words.number(number)),
        "title": displayable(title.nearest),
        "language": title.language,
        "about": about(claim, words),
        "spoken": [
            (language_name(words, each.language), came(each, languages[0], words)) for each in languages[:MOST_ROWS]
        ],
        "more": others(len(languages), words),
        "led": led_sentence(leads, words) if leads else "",
    }


def _claims_note(claims: Sequence[Claim], words: Words) -> str:
    """Return what a claim is, and whether its title is one of a stranger or is left out."""
    said = words.public
    quoted = any(each.title(words.tag).nearest for each in claims)
    return f"{said.claims_note} {said.posts_note if quoted else said.claims_unquoted}"


def _correction(found: Correction, words: Words) -> dict[str, Any]:
    """Return a claim and its correction: a sentence and, if it is spoken of, how far it came in each language."""
    rows = [
        (
            language_name(words, each.language),
            words.number(each.claims),
            words.number(each.corrections),
            words.percent(each.share),
            words.moment(each.overtaken) if each.overtaken else words.correction.reach[each.reach],
        )
        for each in found.languages[:MOST_ROWS]
    ]
    return {
        "sentence": correction_sentence(found, words),
        "languages": rows if found.is_spoken_of else [],
        "more": others(len(found.languages), words),
    }


def _post(post: SharedPost, words: Words) -> dict[str, Any]:
    link = safe_link(post.url)
    host = displayable(urlsplit(link).hostname or "", 80) if link else ""
    return {
        "about": [words.moment(post.created_at), language_name(words, post.language), post.source],
        "text": displayable(post.text),
        "language": post.language,
        "link": link,
        "read_at": words.read_at.format(host=host),
    }
