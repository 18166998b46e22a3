"""The page's sentences in English, each under a name, and the notation of times and numbers in each language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache

from babel import Locale
from babel.dates import format_datetime

from dashboard.i18n.messages.access import AccessWords
from dashboard.i18n.messages.alerts import AlertsWords
from dashboard.i18n.messages.correction import CorrectionWords
from dashboard.i18n.messages.explore import ExploreWords
from dashboard.i18n.messages.health import HealthWords
from dashboard.i18n.messages.incident import IncidentWords
from dashboard.i18n.messages.led import LedWords
from dashboard.i18n.messages.now import NowWords
from dashboard.i18n.messages.posts import PostsWords
from dashboard.i18n.messages.public import PublicWords
from dashboard.i18n.messages.sql import SqlWords
from processing.i18n import Language, Plural, language, notation

MOST_DATES = 20_000
"""Written dates that are kept. A chart of a week has some hundred, which are the same for all readers of a language."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Words:
    """The sentences of one language. A sentence without a translation stays English.

    `str.format` fills `{name}` in. `date` is the pattern of a date with a clock time (Unicode TR 35, part 4). An object
    equals itself only, so that what is made of it can be kept by it.
    """

    language_of_page: Language = field(default_factory=lambda: language("en"))
    zone: tzinfo = UTC
    """The zone of all times that the page shows."""

    interface: str = "Language of this page"
    display: str = "Language, time zone and updates"
    zone_of_times: str = "Times in the zone"
    live: str = "Update by itself"
    live_help: str = "The page also waits while you read a chart, a table or a post, and while it is hidden."
    held: str = "Updates wait while you are here"
    title: str = "Talk of: {topic}"
    subtitle: str = "What people post, in every language, as it happens: {topic}"
    watch: str = "Watch list"
    date: str = "d MMM y, HH:mm"
    separator: str = ", "
    colon: str = "{name}: {value}"

    synthetic: str = "Synthetic reconstruction: these posts were generated, nobody wrote them."
    partly_synthetic: str = "Partly a synthetic reconstruction: some of these posts were generated, nobody wrote them."
    surging: str = "Surging now: {topic}"
    surging_detail: str = "{ratio}×\u00a0normal at its height so far. Since {start}, that is for {duration}."
    surging_others: Plural = Plural(
        "{count} other surge is going on. This is the strongest.",
        "{count} other surges are going on. This is the strongest.",
    )
    calm: str = "Calm"
    calm_detail: str = "No surge is going on at {now}."
    last_surge: str = "The last one: {topic}, {start} to {end}, {ratio}×\u00a0normal."
    catching_up: str = "Catching up"
    stale: str = "Not known"
    stale_detail: str = "No collector has reported for {age}. Counted up to {now}; what happened since is not known."
    last_hour: str = "Posts in the last hour"
    hour_before: str = "In the hour before"
    in_range: str = "In the time shown"

    time_range: str = "Time"
    range_hour: str = "Hour"
    range_6h: str = "6 hours"
    range_day: str = "Day"
    range_week: str = "Week"
    range_month: str = "Month"
    range_all: str = "Everything"
    range_chosen: str = "From … to …"
    range_from: str = "From, UTC"
    range_to: str = "To, UTC"
    topic: str = "Topic"
    language: str = "Language"
    every_topic: str = "Every post, on any subject"
    every_language: str = "All languages"
    by: str = "Split by"
    by_total: str = "Total"
    by_topic: str = "By topic"
    by_language: str = "By language"

    chart: str = "Posts over time"
    posts_per: str = "Posts per {width}"
    time: str = "Time"
    time_axis: str = "Time, {zone}"
    posts: str = "Posts"
    other: str = "Others"
    no_data: str = "Nothing was collected here"
    surge: str = "Surge"
    pulse: str = "Pulse"
    topics_overlap: str = "The largest topics. A post can have several, so they do not add up."
    marks_explained: str = "Shaded: a surge, with how far above normal. Dashed lines: its pulses, numbered."
    doubts_explained: str = "Framed: a rise that is no surge of people, with what it is."
    mark_concentrated: str = "few speak"
    mark_collector: str = "by the collecting"
    mark_backfill: str = "history"
    chart_alt: str = "Posts about {topic} over time, from {start} to {end}"
    nothing_in_range: str = "No post in this time matches. Choose a longer time or another filter."

    incidents: str = "Latest surges"
    no_incidents: str = "No surge has been found so far."
    incidents_note: str = "“Expected” is what this topic's own past made likely over the same time."
    state_open: str = "going on"
    state_closed: str = "ended"
    severity_notable: str = "notable"
    severity_major: str = "major"
    severity_extreme: str = "extreme"
    rarity: str = "So large a rise comes"
    times_normal: str = "×\u00a0normal"
    started: str = "Began"
    peaked: str = "Peak"
    ended: str = "Ended"
    still_going: str = "still going on"
    observed: str = "Posts"
    expected: str = "Expected"
    languages: str = "Languages"
    pulses: str = "Pulses"
    synthetic_badge: str = "generated"

    verdict_organic: str = "organic"
    verdict_concentrated: str = "concentrated, not told"
    verdict_collector: str = "collector, not told"
    verdict_backfill: str = "backfill, not told"
    also_doubted: str = "Likewise in doubt"
    why_note: str = "Read from the posts of {start} to {end}; terms from its start until an hour after its peak."
    driving_terms: str = "What people say that they did not say before"
    term_title: str = "Authors: {authors}, before: {before}, z {z}"
    terms_read: str = "{read} of {posts} texts, against {before} of the week before"
    no_terms: str = "nothing stands out"
    none: str = "none"
    first_posts: str = "First posts"
    most_shared: str = "Most shared posts"
    reposts: str = "Reposts"
    links: str = "Links"
    sites: str = "Sites"
    hashtags: str = "Hashtags"
    sources: str = "Sources"
    authors: str = "Authors"
    texts: str = "Different texts"
    share: str = "Share"
    usual_share: str = "Usually"
    evidence: str = "What the verdict rests on"
    found: str = "Found"
    decides: str = "Limit"
    who_speaks: str = "Who speaks"
    top_author: str = "By the top author"
    top_ten_authors: str = "By the top ten authors"
    copies: str = "Copies of one another"
    top_server: str = "Top server"
    sql: str = "SQL"
    sql_note: str = "Ask again with `banwatch sql`."

    read_at: str = "Read at {host}"

    behind: str = "{age} ago"
    replay: str = "a replay of past posts"
    collector_complete: str = "complete"
    collector_idle: str = "idle: has read all there is"
    collector_listening: str = "listening"
    collector_silent: str = "silent for {age}"
    collector_away: str = "away, tries again"
    collector_failed: str = "stopped: its settings have to be changed"
    covered: str = "{start} to {end}"
    covered_nothing: str = "nothing covered yet"

    store_away: str = "The store does not answer at the moment. This page keeps trying and will come back by itself."
    store_refused: str = (
        "The store refuses to answer (code {code}). Whoever runs banwatch can look at the settings "
        "`BANWATCH_CLICKHOUSE_READER_USER` and `BANWATCH_CLICKHOUSE_READER_PASSWORD`, and run `banwatch migrate`."
    )
    store_damaged: str = (
        "The store cannot read a part of its data. Whoever runs banwatch finds help in `docs/operations.md`."
    )
    part_failed: str = "This part of the page failed. The page keeps trying; the log of the dashboard has the reason."
    not_ready: str = "The store has no tables yet. Start the workers with `banwatch up`; this page keeps looking."
    empty: str = (
        "No posts yet. See it at work with `banwatch demo`, or count your own with `banwatch up --archive FILE`."
    )

    now_page: NowWords = field(default_factory=NowWords)
    incident_page: IncidentWords = field(default_factory=IncidentWords)
    correction: CorrectionWords = field(default_factory=CorrectionWords)
    led: LedWords = field(default_factory=LedWords)
    explore_page: ExploreWords = field(default_factory=ExploreWords)
    posts_page: PostsWords = field(default_factory=PostsWords)
    sql_page: SqlWords = field(default_factory=SqlWords)
    alerts_page: AlertsWords = field(default_factory=AlertsWords)
    health_page: HealthWords = field(default_factory=HealthWords)
    access: AccessWords = field(default_factory=AccessWords)
    public: PublicWords = field(default_factory=PublicWords)

    figures: Mapping[str, str] = field(
        default_factory=lambda: {
            "backfilled": "Fetched after the fact",
            "late": "Seen more than an hour late",
            "clock_replaced": "Without a time that can be right",
            "newly_covered": "From a source collected only lately",
            "everything_rose": "Everything else, times usual",
            "repeated": "Repeating an author or a text",
            "gone": "Deleted or changed since",
            "one_domain": "From one server",
            "voices": "Own words or reposts, each author once",
            "compared": "Posts compared",
            "silent_collectors": "Collectors that fell silent",
        }
    )
    """The names of a verdict's figures that the page shows nowhere else, by the figure's id."""

    topics: Mapping[str, str] = field(default_factory=dict)
    """The taxonomy's names of the topics in this language, by topic id."""

    @property
    def locale(self) -> Locale:
        """The language's CLDR locale."""
        return self.language_of_page.locale

    @property
    def tag(self) -> str:
        """The language's BCP 47 tag."""
        return self.language_of_page.tag

    def moment(self, at: datetime, *, zoned: bool = True) -> str:
        """Return a date and a clock time in the reader's zone, to the minute.

        The zone follows as its distance from UTC, unless a later time in the sentence has it.
        """
        return self._moment(at.astimezone(self.zone), zoned=zoned)

    def moment_in_utc(self, at: datetime) -> str:
        """Return a date and a clock time in UTC, to the minute."""
        return self._moment(at.astimezone(UTC), zoned=True)

    def _moment(self, local: datetime, *, zoned: bool) -> str:
        shown = _date(self.locale, self.date, local.replace(second=0, microsecond=0, tzinfo=None))
        return self.isolated(f"{shown}\u00a0{notation.offset(self.locale, local)}" if zoned else shown)

    def isolated(self, text: str) -> str:
        """Return a text of this language so that it keeps its order in any surroundings.

        A text from right to left is put between isolates (Unicode TR 9). Without them "UTC+2" would draw the number
        after it to its own side, and a chart, which runs from left to right, would turn words and numbers around.
        """
        return f"\u2067{text}\u2069" if self.language_of_page.right_to_left else text

    def offset(self, at: datetime) -> str:
        """Return the reader's zone at a time as its distance from UTC, for example `UTC+2`."""
        return notation.offset(self.locale, at.astimezone(self.zone))

    def duration(self, span: timedelta) -> str:
        """Return a length of time in its two largest units."""
        return notation.duration(self.locale, span)

    def number(self, value: float) -> str:
        """Return a whole number with thousands separators. A small number has one decimal."""
        return notation.number(self.locale, value)

    def decimal(self, value: float) -> str:
        """Return a number with one decimal."""
        return notation.decimal(self.locale, value)

    def percent(self, share: float, *, tenths: bool = False) -> str:
        """Return a share in per cent."""
        return notation.percent(self.locale, share, tenths=tenths)


@lru_cache(maxsize=MOST_DATES)
def _date(locale: Locale, pattern: str, local: datetime) -> str:
    """Return a date and a clock time. `local` is without a zone: moments of two zones can be equal."""
    return notation.with_digits(locale, format_datetime(local, pattern, locale=locale))


ENGLISH = Words()
