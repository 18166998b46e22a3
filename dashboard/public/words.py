"""Sentences of the public pages that are made of an edition: what it is as of, and what each incident was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote

from dashboard.headline import incident_name, seen_until
from dashboard.i18n import WORDS, Words
from dashboard.i18n.labels import topic_name
from dashboard.public.editions import Counts
from dashboard.snapshot import Point, Snapshot
from dashboard.status import is_live
from dashboard.watch_list import Topic, names_in
from processing.contract import Incident, VerdictName


def words_of(tag: str, topics: Mapping[str, Topic]) -> Words:
    """Return the sentences of a language with the taxonomy's names of the topics, in English without one."""
    return replace(WORDS[tag], topics=names_in(topics, tag))


def as_of(snapshot: Snapshot, words: Words, wall: datetime) -> str:
    """Return the sentence that says up to when the posts are counted."""
    live = is_live(snapshot.now, wall)
    return (words.public.as_of if live else words.public.as_of_replay).format(now=words.moment(snapshot.now))


def incident_sentence(incident: Incident, scored: datetime | None, words: Words) -> str:
    """Return an incident as one sentence. One that goes on is told as of what has been scored."""
    said = words.public
    form = said.rise_over
    if incident.verdict is VerdictName.ORGANIC:
        form = said.surge_over if incident.end else said.surge_going_on
    return form.format(
        topic=incident_name(incident, words),
        ratio=words.number(incident.ratio),
        start=words.moment(incident.start, zoned=False),
        peak=words.moment(incident.peak, zoned=incident.verdict is not VerdictName.ORGANIC),
        end=words.moment(incident.end or incident.peak),
        scored=words.moment(seen_until(incident, scored or incident.detected_at)),
    )


def incident_path(name: str) -> str:
    """Return the path of the page of an incident, within the pages of a language."""
    return f"incident/{quote(name)}"


def data_path(name: str) -> str:
    """Return the path of the data of an incident, which are the same for all languages."""
    return f"/api/incident/{quote(name)}.json"


def chart_sentence(counts: Counts, points: Sequence[Point], topic: str, words: Words) -> str:
    """Return the chart as one sentence."""
    known = [point for point in points if point.posts]
    about = {
        "topic": topic_name(words, topic),
        "start": words.moment(counts.window.start, zoned=False),
        "end": words.moment(counts.window.end),
    }
    if not known:
        return words.public.chart_empty.format(**about)
    highest = max(known, key=lambda point: point.posts or 0)
    return words.public.chart_sentence.format(
        **about,
        total=words.number(sum(point.posts or 0 for point in known)),
        peak=words.moment(highest.start),
        most=words.number(highest.posts or 0),
        width=words.duration(counts.window.width),
    )


def updated(incident: Incident) -> datetime:
    """Return the last moment at which something of note became known of an incident, in event time."""
    return max(incident.detected_at, incident.end or incident.start, *(pulse.peak for pulse in incident.pulses))


def rows_within(counts: Counts, most: int) -> Counts:
    """Return the counts in the narrowest bins that are at most so many, for a table."""
    length = counts.window.end - counts.window.start
    widths = counts.widths() or (counts.window.width,)
    width = next((width for width in widths if length / width <= most), widths[-1])
    return counts.in_bins(width)
