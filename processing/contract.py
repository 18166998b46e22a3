"""What the processing stage hands on: tagged posts, counts, spikes, incidents and where they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from pydantic import SecretStr

from ingest.contract import Post

EVERYTHING = "*"
"""As a topic: every post a source delivered, on any subject. As a language: all languages together."""

UNDETERMINED = "und"
"""The language of a text whose language is not known (BCP 47)."""


class TaggedPost(msgspec.Struct, frozen=True):
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
    """How rare and how large a spike is: see `processing.spikes.detector.severity`."""

    NOTABLE = "notable"
    MAJOR = "major"
    EXTREME = "extreme"


class Pulse(msgspec.Struct, frozen=True):
    """One rise and fall inside a spike: times are the starts of bins, `observed` and `expected` posts a bin."""

    start: datetime
    peak: datetime
    observed: int
    expected: float


class Spike(msgspec.Struct, frozen=True, kw_only=True):
    """An episode of one series (a topic in one language, or in all) far above its expectation.

    `observed` and `expected` are posts over the whole episode, `ratio` is `(observed + 1) / (expected + 1)` of
    its highest bin, `score` the highest return level that it reached.
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


class VerdictName(StrEnum):
    """What a rise is, as far as the posts and the collectors show: see `processing.spikes.verdict`.

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


class DrivingTerm(msgspec.Struct, frozen=True):
    """A term that people use more in a surge than before it, in one language."""

    language: str
    term: str


class IncidentState(StrEnum):
    """An incident is open while one of its spikes lasts, and may still grow for some hours behind it."""

    OPEN = "open"
    CLOSED = "closed"


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """The spikes of one topic and its sub-topics that belong together: what people are told about, once.

    Its figures are those of the leading spike, the one of the series (`lead_topic`, `lead_language`).
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
    lead_topic: str = ""
    lead_language: str = EVERYTHING
    verdict: VerdictName = VerdictName.ORGANIC
    evidence: tuple[Evidence, ...] = ()
    terms: tuple[DrivingTerm, ...] = ()


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
