"""What pages have in common: their frame, the message, and the chart and the badges that several pages show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dashboard.i18n import Words
from dashboard.i18n.labels import topic_name
from dashboard.parts.verdict import badge
from dashboard.public import svg
from dashboard.public.chart import Chart, Size, draw
from dashboard.public.editions import Counts
from dashboard.public.site import Site
from dashboard.public.words import chart_sentence, rows_within
from dashboard.snapshot import Point, SurgeMark
from processing.contract import EVERYTHING, Incident, Severity, VerdictName

_TEMPLATES = Environment(
    loader=PackageLoader("dashboard.public.pages"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True,
)  # fmt: skip

MOST_ROWS = 12
"""The most languages or topics in a table."""
MOST_TABLE_ROWS = 32
"""The most bins in the table of a chart."""


def message(site: Site, words: Words, title: str, text: str) -> str:
    """Return a page that says one thing."""
    return page("message.html", site, words, title=title, text=text, note="", as_of="", away=None)


def page(template: str, site: Site, words: Words, *, note: str, away: datetime | None, **given: Any) -> str:
    """Return a page. `note` says that posts are generated, or is empty. `given` is what the template shows."""
    said, about = words.public, {"topic": topic_name(words, site.watch.root)}
    return _TEMPLATES.get_template(template).render(
        site=site,
        words=words,
        said=said,
        rtl=words.language_of_page.right_to_left,
        site_title=words.title.format(**about),
        subtitle=words.subtitle.format(**about),
        about_counts=said.about_counts.format(**about),
        feed_title=said.feed_title.format(**about),
        note=note,
        not_renewed=said.not_renewed.format(at=words.moment(away)) if away else "",
        **given,
    )


def chart_of(
    site: Site,
    words: Words,
    counts: Counts,
    points: Sequence[Point],
    marks: Sequence[SurgeMark],
    *,
    topic: str,
    asked: Mapping[str, str],
) -> dict[str, Any]:
    """Return a chart in two sizes, its sentence, its marks explained, its table and the addresses of its pictures."""
    sentence = chart_sentence(counts, points, topic, words)
    chart = Chart(counts.window, tuple(points), tuple(marks), sentence)
    organic = {mark.verdict is VerdictName.ORGANIC for mark in marks}
    notes = (
        (True in organic, words.public.marks_surges),
        (False in organic, words.doubts_explained),
        (any(point.posts is None for point in points), words.public.no_collector),
    )
    table = rows_within(counts, MOST_TABLE_ROWS)
    query = f"?{urlencode(asked)}" if asked else ""
    return {
        "wide": svg.inline(draw(chart, Size.WIDE, words), "wide"),
        "narrow": svg.inline(draw(chart, Size.NARROW, words), "narrow"),
        "unit": words.posts_per.format(width=words.duration(counts.window.width)),
        "sentence": sentence,
        "notes": " ".join(note for shown, note in notes if shown),
        "rows": [
            (words.moment(point.start), words.public.unknown if point.posts is None else words.number(point.posts))
            for point in table.points(topic, EVERYTHING)
        ],
        "svg": f"{site.root}chart.svg{query}",
        "png": f"{site.root}chart.png{query}",
        "embed": f"{site.address}{site.root}chart.svg{query}" if site.address else "",
    }


def badges(incident: Incident, words: Words) -> list[Markup]:
    """Return the badges of an incident: its verdict, its state, its severity, and whether posts are generated."""
    severities = {
        Severity.NOTABLE: words.severity_notable,
        Severity.MAJOR: words.severity_major,
        Severity.EXTREME: words.severity_extreme,
    }
    plain = [
        words.state_closed if incident.end else words.state_open,
        severities[incident.severity],
        *([words.synthetic_badge] if incident.synthetic else []),
    ]
    return [badge(incident, words), *(Markup('<span class="bw-badge">{}</span>').format(each) for each in plain)]


def others(found: int, words: Words) -> str:
    """Return how many of the `found` languages or topics a table leaves out, or an empty text."""
    more = found - MOST_ROWS
    return words.public.others.format(count=words.number(more)) if more > 0 else ""
