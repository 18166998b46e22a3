"""The data for programs: incidents as JSON and counts as CSV. Times are RFC 3339 in UTC."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import msgspec

from dashboard.headline import headline
from dashboard.headline import incident_name as name_of
from dashboard.i18n import Words
from dashboard.public.editions import Counts, Edition, Findings
from dashboard.public.words import incident_path, incident_sentence, updated
from dashboard.snapshot import Snapshot
from dashboard.status import headline_state
from dashboard.synthetic import synthetic_of
from processing.contract import Incident
from processing.explanation import Correction, Leads, Spread
from processing.plain_text import displayable
from processing.queries import Claim

MOST_INCIDENTS = 100
"""Of each watch list, so that a loud one hides none of another."""


def incidents_json(editions: Sequence[Edition], words: Mapping[str, Words], site: str, wall: datetime) -> bytes:
    """Return the newest incidents of each watch list, of each of which there is an edition.

    `words` are the languages of the pages, the first of which stands at the root.
    """
    snapshot = editions[0].snapshot
    of_lists = (incident for each in editions for incident in each.incidents[:MOST_INCIDENTS])
    newest = sorted(of_lists, key=lambda incident: incident.start, reverse=True)
    scored = snapshot.scored_until if snapshot else None
    english = next(iter(words.values()))
    about: dict[str, Any] = {
        "as_of": snapshot and snapshot.now,
        "scored_until": scored,
        **_state(editions[0], english, wall),
        "watch_lists": [{"topic": each.watch.root, **_state(each, english, wall)} for each in editions],
        "synthetic": synthetic_of(snapshot, *newest).value,
        "incidents": [_incident(each, words, site, scored) for each in newest],
    }
    return msgspec.json.format(msgspec.json.encode(about), indent=1)


def incident_json(
    incident: Incident, found: Findings, words: Mapping[str, Words], site: str, snapshot: Snapshot | None
) -> bytes:
    """Return an incident with what was found in it. `words` are as those of `incidents_json`."""
    scored = snapshot.scored_until if snapshot else None
    about = {
        "as_of": snapshot and snapshot.now,
        "scored_until": scored,
        **_incident(incident, words, site, scored),
        "led": found.leads and _led(found.leads),
        "corrections": [_correction(each) for each in found.corrections],
        "claims": [_claim(each, found.claim_leads.get(each.name), words) for each in found.claims],
    }
    return msgspec.json.format(msgspec.json.encode(about), indent=1)


def _led(leads: Leads) -> dict[str, Any]:
    """Return which language led, and by how many minutes the others followed it, with the 95 % interval."""
    return {
        "leader": leads.leader,
        "followers": [
            {"language": each.language, "minutes": each.lag.minutes, "low": each.lag.low, "high": each.lag.high}
            for each in leads.followers
        ],
        "undecided": leads.undecided,
    }


def _correction(found: Correction) -> dict[str, Any]:
    return {
        "claim": found.of.claim,
        "correction": found.of.topic,
        "spoken_of": found.is_spoken_of,
        "all": _spread(found.whole),
        "languages": {each.language: _spread(each) for each in found.languages},
    }


def _spread(spread: Spread) -> dict[str, Any]:
    return {
        "claims": spread.claims,
        "corrections": spread.corrections,
        "share": spread.share,
        "first": spread.first,
        "reach": spread.reach,
        "overtaken": spread.overtaken,
    }


def _claim(claim: Claim, leads: Leads | None, words: Mapping[str, Words]) -> dict[str, Any]:
    """Return a claim. It has a title in each language of the pages, a text of a post, where posts may be shown."""
    titles = {tag: displayable(claim.title(tag).nearest) for tag in words}
    return {
        **({"title": titles} if all(titles.values()) else {}),
        "posts": claim.posts,
        "people": claim.people,
        "share": claim.share,
        "led": leads and _led(leads),
        "languages": [
            {
                "language": each.language,
                "posts": each.posts,
                "people": each.people,
                "first_post": each.first_at,
                "tenth_post": each.tenth_post,
            }
            for each in claim.languages
        ],
    }


def _state(edition: Edition, english: Words, wall: datetime) -> dict[str, Any]:
    """Return how things stand with a watch list."""
    snapshot = edition.snapshot
    return {
        "state": snapshot and headline_state(snapshot, wall).value,
        "headline": headline(snapshot, english, wall)[0] if snapshot else english.public.nothing,
    }


def counts_csv(counts: Counts, topic: str, language: str) -> bytes:
    """Return one series. A bin that no collector covered has no number, which is not zero."""
    synthetic = synthetic_of(counts).value
    written = StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(("start", "topic", "language", "posts", "synthetic"))
    for point in counts.points(topic, language):
        posts = "" if point.posts is None else point.posts
        rows.writerow((_time(point.start), topic, language, posts, synthetic))
    return written.getvalue().encode()


def _incident(incident: Incident, words: Mapping[str, Words], site: str, scored: datetime | None) -> dict[str, Any]:
    """Return an incident with its address, its name and its sentence in each language of the pages."""
    known = msgspec.to_builtins(incident, builtin_types=(datetime,))
    kept = {name: value for name, value in known.items() if not name.startswith("lead_")}
    return {
        **kept,
        "updated": updated(incident),
        "url": f"{site}/{incident_path(incident.id)}",
        "name": {language: name_of(incident, each) for language, each in words.items()},
        "sentence": {language: incident_sentence(incident, scored, each) for language, each in words.items()},
    }


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
