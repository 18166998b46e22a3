"""Which channels are told of an incident: the types of the rules file, and a pure function that applies the rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from processing.alerts.rule_fields import Count, DigestField, LanguageTag, QuietField, Ratio, SourceName, SpanField
from processing.contract import Incident, Severity, VerdictName
from processing.troubles import Area, Trouble


class RuleSubject(StrEnum):
    """What a rule is about: surges of talk in the world, or troubles of banwatch itself."""

    SURGES = "surges"
    BANWATCH = "banwatch"


@dataclass(frozen=True, kw_only=True)
class AlertRule:
    """One `[[rules]]` table. A condition that is empty, zero or None is fulfilled by every incident.

    A rule about banwatch has no conditions but `sources`: troubles of these sources alone. `hold_critical` lets quiet
    hours and digests also hold what is critical.

    `topic` means the topic and all topics below it. A language means the language and its variants: `hi` also means
    `hi-Latn`. `severity`, `posts`, `people`, `ratio` (times normal) and `lasting` are least values. `repeat` is the
    pause after which a channel is told again of an incident that goes on and that nobody has acknowledged.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    channels: Annotated[tuple[str, ...], Field(min_length=1)]
    about: RuleSubject = RuleSubject.SURGES
    topic: str = ""
    languages: tuple[LanguageTag, ...] = ()
    sources: tuple[SourceName, ...] = ()
    severity: Severity = Severity.NOTABLE
    posts: Count = 0
    people: Count = 0
    ratio: Ratio = 0
    verdicts: Annotated[tuple[VerdictName, ...], Field(min_length=1)] = (VerdictName.ORGANIC,)
    lasting: SpanField = timedelta()
    no_data: StrictBool = False
    quiet: QuietField | None = None
    repeat: SpanField | None = None
    digest: DigestField | None = None
    hold_critical: StrictBool = False


@dataclass(frozen=True)
class Channel:
    """A configured instance of a notifier.

    `options` is the `Options` object of the kind's module. `budget` is the most messages an hour, None without limit.
    """

    name: str
    kind: str
    options: BaseModel
    language: str = "en"
    budget: int | None = None


@dataclass(frozen=True)
class RuleBook:
    """A whole rules file after the check: every channel that a rule names exists. `version` changes with the file."""

    version: str
    zone: ZoneInfo
    channels: Mapping[str, Channel]
    rules: tuple[AlertRule, ...]
    report_failures_to: str = ""


@dataclass(frozen=True, kw_only=True)
class IncidentFacts:
    """The facts of an incident that rules test.

    `topics` are its own topic, its leading topic and its sub-topics. `posts`, `people` and `ratio` are numbers of the
    leading spike; `ratio` is that of its highest bin. `lasted` is the time from its start until its end, or until now
    while it goes on.
    """

    topics: frozenset[str]
    languages: frozenset[str]
    sources: frozenset[str]
    severity: Severity
    verdict: VerdictName
    posts: int
    people: int
    ratio: float
    lasted: timedelta


@dataclass(frozen=True)
class Route:
    """A channel that is told, and the first rule of the file that matches and names the channel."""

    channel: Channel
    rule: AlertRule


def facts_of(incident: Incident, sources: frozenset[str], people: int, now: datetime) -> IncidentFacts:
    """Return what rules test of an incident. `sources` and `people` are not part of the incident itself."""
    return IncidentFacts(
        topics=frozenset({incident.topic, incident.lead_topic, *incident.subtopics} - {""}),
        languages=frozenset(incident.languages),
        sources=sources,
        severity=incident.severity,
        verdict=incident.verdict,
        posts=incident.observed,
        people=people,
        ratio=incident.ratio,
        lasted=(incident.end or now) - incident.start,
    )


def routes(book: RuleBook, facts: IncidentFacts, ancestors: Mapping[str, frozenset[str]]) -> tuple[Route, ...]:
    """Return a route for each channel that a matching rule names. No route means that nobody is told.

    `ancestors` holds for each topic the topics above it, without itself; a topic that it lacks has none.
    """
    below = facts.topics.union(*(ancestors.get(topic, frozenset()) for topic in facts.topics))
    return _first_routes(book, lambda rule: _matches(rule, facts, below))


def trouble_routes(book: RuleBook, trouble: Trouble) -> tuple[Route, ...]:
    """Return a route for each channel that a rule names for a trouble of banwatch itself."""
    return _first_routes(book, lambda rule: _hears_of(rule, trouble))


def _hears_of(rule: AlertRule, trouble: Trouble) -> bool:
    of_a_source = trouble.area in {Area.SOURCE, Area.REJECTED}
    if rule.sources and not (of_a_source and trouble.subject in rule.sources):
        return False
    return rule.about is RuleSubject.BANWATCH or (rule.no_data and trouble.area is Area.SOURCE)


def _first_routes(book: RuleBook, matches: Callable[[AlertRule], bool]) -> tuple[Route, ...]:
    found: dict[str, AlertRule] = {}
    for rule in filter(matches, book.rules):
        for channel in rule.channels:
            found.setdefault(channel, rule)
    return tuple(Route(book.channels[channel], rule) for channel, rule in found.items())


def _matches(rule: AlertRule, facts: IncidentFacts, topics: frozenset[str]) -> bool:
    return all(_conditions(rule, facts, topics))


def _conditions(rule: AlertRule, facts: IncidentFacts, topics: frozenset[str]) -> Iterator[bool]:
    yield rule.about is RuleSubject.SURGES
    yield not rule.topic or rule.topic in topics
    yield not rule.languages or bool(wanted(rule, facts.languages))
    yield not rule.sources or not facts.sources.isdisjoint(rule.sources)
    yield facts.severity.rank >= rule.severity.rank
    yield facts.verdict in rule.verdicts
    yield facts.posts >= rule.posts
    yield facts.people >= rule.people
    yield facts.ratio >= rule.ratio
    yield facts.lasted >= rule.lasting


def wanted(rule: AlertRule, languages: Collection[str]) -> tuple[str, ...]:
    """Return the languages of which a rule tells: those that it names, or all if it names none."""
    return tuple(each for each in languages if not rule.languages or _is_in(each, rule.languages))


def _is_in(language: str, ranges: tuple[str, ...]) -> bool:
    """Return whether a BCP 47 tag is in one of the ranges, by the basic filtering of RFC 4647, section 3.3.1."""
    return any(f"{language}-".lower().startswith(f"{each}-".lower()) for each in ranges)
