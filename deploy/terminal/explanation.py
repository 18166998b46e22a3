"""An explanation of an incident as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from processing.alerts.message import details, headline
from processing.contract import EVERYTHING, Evidence
from processing.explanation import Counted, Explanation, Share, SharedPost, Terms
from processing.explanation.sentences import figure, limit
from processing.plain_text import plain

LONGEST_POST_LINE = 160


def explanation_lines(explained: Explanation, width: timedelta) -> Iterator[str]:
    """Yield the lines of the incident and of its explanation. `width` is the width of the detector's bins."""
    incident = explained.incident
    yield headline(incident)
    yield from (f"  {line}" for line in details(incident, width))
    alone = explained.language != EVERYTHING
    heading = "evidence, of the whole incident" if alone else "evidence"
    yield from _section(heading, (_evidence(each) for each in incident.evidence))
    language = f", {explained.language} only" if alone else ""
    yield f"\nfrom {explained.start:%a %-d %b %Y %H:%M} to {explained.end:%a %-d %b %H:%M} UTC{language}"
    [who] = explained.concentration.rows
    yield (
        f"  {who.posts:,} posts by {who.authors:,} authors, {who.texts:,} texts; the top author wrote "
        f"{who.top_author:.1%}, the top ten {who.top_ten_authors:.1%}; {who.reposts:.0%} reposts, {who.copies:.0%} "
        "copies"
    )
    for terms in explained.terms:
        yield from _section(_about(terms), (_term(row.term, row.authors, row.before, row.z) for row in terms.rows))
    yield from _section("first posts", map(_post, explained.first_posts.rows))
    yield from _section("most shared posts", map(_post, explained.most_shared.rows))
    yield from _counted("links", explained.links.rows)
    yield from _counted("sites", explained.sites.rows)
    yield from _counted("hashtags", explained.hashtags.rows)
    yield from _shares("languages", explained.languages.rows)
    yield from _shares("sources", explained.sources.rows)


def _section(name: str, lines: Iterator[str]) -> Iterator[str]:
    listed = list(lines)
    if listed:
        yield f"\n{name}"
        yield from (f"  {line}" for line in listed)


def _evidence(each: Evidence) -> str:
    decides = f", decides above {limit(each)}" if each.threshold is not None else ""
    return f"{each.name} {figure(each)}{decides}{' *' if each.decisive else ''}"


def _about(terms: Terms) -> str:
    before = "the week before" if terms.whole_days else "the same hours of the week before"
    read = f"{terms.read:,} of {terms.posts:,} texts"
    return f"terms in {terms.language}, from {read} against {terms.read_before:,} of {before}"


def _term(term: str, authors: int, before: int, z: float) -> str:
    return f"{term}: {authors:,} authors, {before:,} before, z {z:.1f}"


def _post(post: SharedPost) -> str:
    text = plain(post.text, LONGEST_POST_LINE)
    shared = f", {max(post.shared, post.reposts or 0):,} reposts" if post.shared or post.reposts else ""
    return f"{post.created_at:%a %H:%M:%S} {post.language} {post.source} {plain(post.author)}{shared}: {text}"


def _counted(name: str, rows: Sequence[Counted]) -> Iterator[str]:
    return _section(name, (f"{plain(row.name)}: {row.authors:,} authors, {row.posts:,} posts" for row in rows))


def _shares(name: str, rows: Sequence[Share]) -> Iterator[str]:
    return _section(
        name, (f"{row.name}: {row.share:.1%} ({row.posts:,} posts), usually {row.usual:.1%}" for row in rows)
    )
