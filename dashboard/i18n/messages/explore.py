"""The sentences of the page "Explore"."""

from __future__ import annotations

from dataclasses import dataclass

from processing.i18n import Plural


@dataclass(frozen=True, kw_only=True)
class ExploreWords:
    """The sentences of the page."""

    title: str = "Explore"

    compare: str = "Compare"
    compare_topic: str = "Topics"
    compare_language: str = "Languages"
    compare_source: str = "Networks"
    compare_time: str = "With the time before"
    lines: str = "Lines"
    lines_help: str = "At most six. Without a choice they are those with the most posts."
    lines_default: str = "Those with the most posts"
    layout: str = "Charts"
    layout_together: str = "One chart"
    layout_shared: str = "Small, one scale"
    layout_own: str = "Small, own scales"
    share: str = "Share of the conversation"
    share_of_all: str = "Share: of all posts on any subject that were collected in the same time."
    share_of_topic: str = "Share: of all posts on the chosen topic in the same time."
    share_axis: str = "Share, per {width}"

    heading_topic: str = "Topics: {subject}"
    heading_language: str = "Languages: {subject}"
    heading_source: str = "Networks: {subject}"
    heading_time: str = "This time and the one before: {subject}"
    alt: str = "{heading}, from {start} to {end}"
    this_time: str = "{start} to {end}"
    time_before: str = "before: {start} to {end}"

    one_scale: str = "All small charts have the same scale, so their heights can be compared."
    own_scales: str = "Each small chart has its own scale: compare their shapes and times, not their heights."
    topics_overlap: str = "A post can have several topics, so they do not add up. The topic filter does not apply."
    languages_note: str = "The language filter does not apply."
    before_note: str = "The time before is as long and ends where this one begins. It stands at the same place."
    gaps: str = "A gap with a grey shade is a time that no collector covered. It is not known, and no zero."
    more: Plural = Plural("{count} more is left out.", "{count} more are left out.")

    ranked: str = "{lines}."
    ranked_highest: str = "{lines}. Highest: {value} for {line} in the {width} from {start}."
    times: str = "{now} in this time, {before} in the time before."
    times_ratio: str = "{now} in this time, {before} in the time before: {ratio} times as many."
    before_unknown: str = "{value} in this time. Of the time before nothing is known."
    now_unknown: str = "Nothing is known of this time. In the time before: {value}."
    partly_unknown: str = "A part of the two times is not known."
    not_known: str = "not known"

    pick: str = "Click a point or a bar to reach the posts that it counts."
    picked: str = "{line}, {start} to {end}: {value}."
    open_posts: str = "Read these posts"
    deleted_note: str = "Posts deleted since then are counted and cannot be read."
    totals: str = "In the whole time"
    line: str = "Line"
    total: str = "Posts"
    part: str = "Share"
    table: str = "The figures as a table"
    download: str = "Download as CSV"
