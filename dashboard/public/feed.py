"""The feed of incidents: Atom 1.0 (RFC 4287)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as ET

from dashboard.headline import incident_name
from dashboard.i18n import Words
from dashboard.i18n.labels import topic_name
from dashboard.public.site import Site
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
    site: Site,
    as_of: datetime,
    scored: datetime | None,
    note: str,
) -> bytes:
    """Return the feed of the site's watch list. Links are relative if the address of the site is not known.

    `note` says that posts are generated, or is empty. The ids depend on the site and on the incident alone, so a reader
    who has seen an entry knows it again.
    """
    about = {"topic": topic_name(words, site.watch.root)}
    top = ET.Element("feed", {"xmlns": ATOM, "xml:lang": words.tag})
    _add(top, "id", _id(site.address, site.home))
    _add(top, "title", words.public.feed_title.format(**about))
    _add(top, "subtitle", f"{words.subtitle.format(**about)}. {note}".strip())
    _add(top, "updated", _time(max((updated(each) for each in incidents), default=as_of)))
    ET.SubElement(ET.SubElement(top, "author"), "name").text = GENERATOR
    _add(top, "generator", GENERATOR)
    _link(top, "self", f"{site.address}{site.feed}", "application/atom+xml")
    _link(top, "alternate", f"{site.address}{site.home}", "text/html")
    for incident in incidents[:MOST_ENTRIES]:
        _entry(top, incident, words, site=site, scored=scored, note=note)
    written: bytes = ET.tostring(top, "utf-8", xml_declaration=True)
    return written


def _entry(
    top: ET.Element, incident: Incident, words: Words, *, site: Site, scored: datetime | None, note: str
) -> None:
    entry = ET.SubElement(top, "entry")
    page = f"{site.root}{incident_path(incident.id)}"
    generated = note or words.synthetic if incident.synthetic else ""
    name = incident_name(incident, words)
    _add(entry, "id", _id(site.address, page))
    _add(entry, "title", f"{name} ({words.synthetic_badge})" if incident.synthetic else name)
    _add(entry, "published", _time(incident.detected_at))
    _add(entry, "updated", _time(updated(incident)))
    _link(entry, "alternate", f"{site.address}{page}", "text/html")
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
