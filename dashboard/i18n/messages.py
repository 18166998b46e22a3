"""What the page says, by name: a sentence for each, once a language."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Interface(StrEnum):
    """The languages the page speaks."""

    ENGLISH = "en"
    ARABIC = "ar"


@dataclass(frozen=True, kw_only=True)
class Words:
    """One language's sentences. `{name}` is filled in by `str.format`."""

    native_name: str
    interface: str
    title: str
    subtitle: str
    months: tuple[str, ...]
    date: str
    seconds: str
    minutes: str
    hours: str
    days: str
    separator: str
    colon: str

    synthetic: str
    partly_synthetic: str
    surging: str
    surging_detail: str
    surging_others: str
    calm: str
    calm_detail: str
    last_surge: str
    catching_up: str
    catching_up_detail: str
    stale: str
    stale_detail: str
    last_hour: str
    hour_before: str
    in_range: str

    time_range: str
    range_hour: str
    range_6h: str
    range_day: str
    range_week: str
    range_month: str
    range_all: str
    range_incident: str
    topic: str
    language: str
    every_topic: str
    every_language: str
    which_incident: str
    by: str
    by_total: str
    by_topic: str
    by_language: str

    chart: str
    posts_per: str
    time_axis: str
    posts: str
    other: str
    no_data: str
    surge: str
    pulse: str
    pulse_detail: str
    topics_overlap: str
    marks_explained: str
    doubts_explained: str
    mark_concentrated: str
    mark_collector: str
    mark_backfill: str
    chart_alt: str
    nothing_in_range: str

    incidents: str
    no_incidents: str
    incidents_note: str
    state_open: str
    state_closed: str
    severity_notable: str
    severity_major: str
    severity_extreme: str
    score: str
    rarity: str
    times_normal: str
    started: str
    peaked: str
    ended: str
    still_going: str
    observed: str
    expected: str
    languages: str
    subtopics: str
    pulses: str
    synthetic_badge: str
    show_on_chart: str

    verdict_organic: str
    verdict_concentrated: str
    verdict_collector: str
    verdict_backfill: str
    also_doubted: str
    why: str
    why_note: str
    driving_terms: str
    term_title: str
    terms_read: str
    no_terms: str
    none: str
    first_posts: str
    most_shared: str
    reposts: str
    links: str
    sites: str
    hashtags: str
    sources: str
    authors: str
    texts: str
    share: str
    usual_share: str
    evidence: str
    decides: str
    who_speaks: str
    top_author: str
    top_ten_authors: str
    copies: str
    top_server: str
    sql: str
    sql_note: str

    latest_posts: str
    no_posts: str
    posts_note: str
    read_at: str

    freshness: str
    counted_until: str
    behind: str
    replay: str
    collector_complete: str
    collector_idle: str
    collector_listening: str
    collector_silent: str
    collector_away: str
    collector_failed: str
    covered: str
    covered_nothing: str

    store_away: str
    store_refused: str
    store_damaged: str
    not_ready: str
    empty: str
