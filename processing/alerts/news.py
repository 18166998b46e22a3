"""What there is to tell a channel, before it has words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from processing.alerts.notification import Growth, Outcome, Step
from processing.contract import DrivingTerm, Incident, Severity
from processing.explanation import SharedPost
from processing.queries import Statement


@dataclass(frozen=True, kw_only=True)
class Told:
    """An incident as a channel knew it before this step."""

    severity: Severity
    languages: tuple[str, ...]
    peak: float
    pulse: datetime
    terms: tuple[DrivingTerm, ...] = ()
    subtopics: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Acknowledgement:
    """Who has taken an incident on, or has ended it (`resolve`)."""

    by: str
    note: str
    at: datetime
    action: str = "acknowledge"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What the posts of an incident show; see `processing.alerts.picture`.

    `counts` are the posts in bins of `width` from `start` on. `people` wrote the posts of the leading spike. `query`
    gives the counts.
    """

    start: datetime
    width: timedelta
    counts: tuple[int, ...]
    people: int
    first: SharedPost | None
    most_shared: SharedPost | None
    query: Statement


@dataclass(frozen=True, kw_only=True)
class IncidentNews:
    """A step of an incident: opened, grew, repeated, acknowledged or resolved.

    `unknown`: it is resolved although a source has not delivered the time since its end.
    """

    step: Step
    at: datetime
    incident: Incident
    growth: tuple[Growth, ...] = ()
    unknown: bool = False
    told: Told | None = None
    acknowledgement: Acknowledgement | None = None
    picture: Picture | None = None
    acknowledge_url: str = ""


@dataclass(frozen=True, kw_only=True)
class SourceNews:
    """A source is silent, or has come back: `since` is when it fell silent."""

    step: Step
    at: datetime
    source: str
    since: datetime


@dataclass(frozen=True, kw_only=True)
class ChannelNews:
    """A channel has failed `failures` times in a row; so many notifications are `waiting` for it.

    `outcome` and `detail` are those of its last attempt. After `sent`, the channel works again.
    """

    at: datetime
    channel: str
    outcome: Outcome
    detail: str
    failures: int
    waiting: int = 0


@dataclass(frozen=True, kw_only=True)
class DigestNews:
    """Several steps in one message, and why they were gathered."""

    at: datetime
    parts: tuple[IncidentNews | SourceNews | ChannelNews, ...]
    why: Literal["digest", "quiet", "budget"] = "digest"


@dataclass(frozen=True, kw_only=True)
class ChannelTest:
    """A person asks whether a channel works."""

    at: datetime
    channel: str


News = IncidentNews | SourceNews | ChannelNews | DigestNews | ChannelTest
