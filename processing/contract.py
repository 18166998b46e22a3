"""What the processing stage hands on: tagged posts, counts, spikes, incidents and where they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated

import msgspec
from pydantic import BeforeValidator, SecretStr

from ingest.contract import Post

EVERYTHING = "*"
"""As a topic: every post a source delivered, on any subject. As a language: all languages together."""

UNDETERMINED = "und"
"""The language of a text whose language is not known (BCP 47)."""


def _read_seconds(value: object) -> object:
    return float(value) if isinstance(value, str) and value.strip().replace(".", "", 1).isdecimal() else value


Duration = Annotated[timedelta, BeforeValidator(_read_seconds)]
"""A length of time as a setting: seconds or ISO 8601."""


class TaggedPost(msgspec.Struct, frozen=True, gc=False):
    """A post with what processing found in it.

    `language` is a BCP 47 tag, `und` when unknown; `confidence` lies in 0..1; `topics` are ids of the taxonomy,
    sorted, and empty for a post that is not about its subject; `rules` names the taxonomy's version.
    """

    post: Post
    language: str
    confidence: float
    topics: tuple[str, ...]
    rules: str


class BinState(StrEnum):
    """What the detector says of one bin of one series."""

    WARMING = "warming"
    QUIET = "quiet"
    SPIKE = "spike"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How rare and how large a spike is: see `processing.detection.previous.detector.severity`."""

    NOTABLE = "notable"
    MAJOR = "major"
    EXTREME = "extreme"


class Pulse(msgspec.Struct, frozen=True):
    """One rise and fall inside a spike: times are the starts of bins, `observed` and `expected` posts a bin."""

    start: datetime
    peak: datetime
    observed: int
    expected: float


class VerdictName(StrEnum):
    """What a rise is, as far as the posts and the collectors show: see `processing.verdicts.verdict`.

    Only an organic one is told as a surge; the others are recorded with their evidence.
    """

    ORGANIC = "organic"
    CONCENTRATED = "concentrated"
    COLLECTOR = "collector"
    BACKFILL = "backfill"


class Evidence(msgspec.Struct, frozen=True):
    """One figure that a verdict rests on.

    `threshold` is the value from which on the figure alone decides, None for one that only informs. `decisive`: it
    has reached that. Shares lie in 0..1.
    """

    name: str
    value: float
    threshold: float | None = None
    decisive: bool = False


class Spike(msgspec.Struct, frozen=True, kw_only=True):
    """An episode of one series (a topic in one language, or in all) far above its expectation.

    `observed` and `expected` are posts over the whole episode, `ratio` is `(observed + 1) / (expected + 1)` of
    its highest bin, `score` the highest return level that it reached. Without `evidence` it has not been judged yet.
    """

    topic: str
    language: str
    start: datetime
    detected_at: datetime
    peak: datetime
    end: datetime | None
    observed: int
    expected: float
    ratio: float
    score: float
    severity: Severity
    provisional: bool
    pulses: tuple[Pulse, ...]
    verdict: VerdictName = VerdictName.ORGANIC
    evidence: tuple[Evidence, ...] = ()

    def taken_back(self) -> Spike:
        """It, where it has turned out to be none: it ends where it starts, and the view `spikes` leaves it out."""
        return msgspec.structs.replace(self, end=self.start)


class DrivingTerm(msgspec.Struct, frozen=True):
    """A term that people use more in a surge than before it, in one language."""

    language: str
    term: str


class Doubt(msgspec.Struct, frozen=True):
    """A language of an incident that rose, and in which no spike is people's: what its rise is instead.

    `reason` names the figure that decides it, `value` is that figure: see `Evidence`.
    """

    language: str
    verdict: VerdictName
    reason: str
    value: float


class IncidentState(StrEnum):
    """An incident is open while one of its spikes lasts, and may still grow for some hours behind it."""

    OPEN = "open"
    CLOSED = "closed"


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """The spikes of one topic and its sub-topics that belong together: what people are told about, once.

    Its figures and its verdict are those of the leading spike, the one of the series (`lead_topic`, `lead_language`)
    from `lead_start` to `lead_end`. Where any of its spikes is people's, it is of those alone: its times, languages and
    sub-topics, its score and severity. `doubted` are the languages that rose otherwise.
    """

    id: str
    topic: str
    state: IncidentState
    start: datetime
    detected_at: datetime
    peak: datetime
    end: datetime | None
    observed: int
    expected: float
    ratio: float
    score: float
    severity: Severity
    languages: tuple[str, ...]
    subtopics: tuple[str, ...]
    pulses: tuple[Pulse, ...]
    synthetic: bool
    lead_start: datetime
    lead_topic: str = ""
    lead_language: str = EVERYTHING
    lead_end: datetime | None = None
    verdict: VerdictName = VerdictName.ORGANIC
    evidence: tuple[Evidence, ...] = ()
    terms: tuple[DrivingTerm, ...] = ()
    doubted: tuple[Doubt, ...] = ()


@dataclass(frozen=True)
class ClickHouseAddress:
    """Where the store is, and as whom to speak to it."""

    url: str
    user: str
    password: SecretStr
    database: str = "banwatch"
    timeout: timedelta = timedelta(seconds=30)
    cluster: str = ""
    """Its name in the servers' configuration, where the tables are replicated and sharded; empty for one server."""
    proves: bool = False
    """It is to prove that it knows the password before it is told: `processing.store.proof`."""
