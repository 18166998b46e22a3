"""The feed of incidents: Atom 1.0 (RFC 4287)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from dashboard.headline import incident_name
from dashboard.i18n import Words
from dashboard.public.svg import xml_text
from dashboard.public.words import incident_path, incident_sentence, updated
from processing.contract import Incident
from processing.explanation.sentences import verdict_sentence

ATOM = "http://www.w3.org/2005/Atom"
MOST_ENTRIES = 50
GENERATOR = "banwatch"


def feed(
    incidents: Sequence[Incident],
    words: Words,
    *,
    site: str,
    root: str,
    as_of: datetime,
    scored: datetime | None,
    note: str,
) -> bytes:
    """Return the feed. `site` is the address of the site, or empty: links are relative then.

    `root` is the path of the pages of this language. `note` says that posts are generated, or is empty. The ids depend
    on the site and on the incident alone, so a reader who has seen an entry knows it again.
    """
    top = ET.Element("feed", {"xmlns": ATOM, "xml:lang": words.tag})
    _add(top, "id", _id(site, root))
    _add(top, "title", words.public.feed_title)
    _add(top, "subtitle", f"{words.subtitle}. {note}".strip())
    _add(top, "updated", _time(max((updated(each) for each in incidents), default=as_of)))
    ET.SubElement(ET.SubElement(top, "author"), "name").text = GENERATOR
    _add(top, "generator", GENERATOR)
    _link(top, "self", f"{site}{root}feed.atom", "application/atom+xml")
    _link(top, "alternate", f"{site}{root}", "text/html")
    for incident in incidents[:MOST_ENTRIES]:
        _entry(top, incident, words, site=site, root=root, scored=scored, note=note)
    written: bytes = ET.tostring(top, "utf-8", xml_declaration=True)
    return written


def _entry(
    top: ET.Element, incident: Incident, words: Words, *, site: str, root: str, scored: datetime | None, note: str
) -> None:
    entry = ET.SubElement(top, "entry")
    page = f"{root}{incident_path(incident.id)}"
    generated = note or words.synthetic if incident.synthetic else ""
    name = incident_name(incident, words)
    _add(entry, "id", _id(site, page))
    _add(entry, "title", f"{name} ({words.synthetic_badge})" if incident.synthetic else name)
    _add(entry, "published", _time(incident.detected_at))
    _add(entry, "updated", _time(updated(incident)))
    _link(entry, "alternate", f"{site}{page}", "text/html")
    for topic in (incident.topic, *incident.subtopics):
        ET.SubElement(entry, "category", {"term": xml_text(topic)})
    sentence = incident_sentence(incident, scored, words)
    verdict = verdict_sentence(incident.verdict, incident.evidence, words.tag)
    _add(entry, "summary", " ".join(each for each in (sentence, verdict, generated) if each))


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = xml_text(text)


def _link(parent: ET.Element, relation: str, address: str, media_type: str) -> None:
    ET.SubElement(parent, "link", {"rel": relation, "href": xml_text(address), "type": media_type})


def _id(site: str, path: str) -> str:
    return uuid5(NAMESPACE_URL, f"{site or 'banwatch:'}{path}").urn


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
