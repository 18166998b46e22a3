"""What there is to tell a channel, before it has words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from processing.alerts.notification import Growth, Step
from processing.contract import DrivingTerm, Incident, Severity
from processing.explanation import Correction, Leads, SharedPost
from processing.queries import Statement
from processing.troubles import Trouble


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
    corrections: tuple[Correction, ...] = ()
    leads: Leads | None = None
    acknowledge_url: str = ""


@dataclass(frozen=True, kw_only=True)
class TroubleNews:
    """A step of a trouble of banwatch itself: opened, grew, repeated or resolved.

    `waiting` is the number of notifications that wait for the channel that it is about.
    """

    step: Step
    at: datetime
    trouble: Trouble
    waiting: int = 0


@dataclass(frozen=True, kw_only=True)
class DigestNews:
    """Several steps in one message, and why they were gathered."""

    at: datetime
    parts: tuple[IncidentNews | TroubleNews, ...]
    why: Literal["digest", "quiet", "budget"] = "digest"


@dataclass(frozen=True, kw_only=True)
class ChannelTest:
    """A person asks whether a channel works."""

    at: datetime
    channel: str


News = IncidentNews | TroubleNews | DigestNews | ChannelTest
