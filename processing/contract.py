"""The contract of the processing stage: tagged posts, spikes, incidents, and the address of the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from pydantic import SecretStr

from ingest.contract import Duration as Duration  # noqa: PLC0414 - the dashboard sees no contract but this one
from ingest.contract import Post

EVERYTHING = "*"
"""As a topic, it means every post of a source, on any subject. As a language, it means all languages together."""

UNDETERMINED = "und"
"""The BCP 47 tag for an unknown language."""


class TaggedPost(msgspec.Struct, frozen=True, gc=False):
    """A post with its language and topics.

    `language` is a BCP 47 tag, `und` if unknown. `confidence` lies between 0 and 1. `topics` are sorted ids of the
    taxonomy, empty for a post off the subject. `rules` is the taxonomy's version.
    """

    post: Post
    language: str
    confidence: float
    topics: tuple[str, ...]
    rules: str


class BinCount(msgspec.Struct, frozen=True, gc=False):
    """Posts of one series in one bin."""

    start: datetime
    topic: str
    language: str
    posts: int
    backfilled: int


class BinState(StrEnum):
    """The detector's state of one bin of one series."""

    WARMING = "warming"
    QUIET = "quiet"
    SPIKE = "spike"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """The rarity and size of a spike: see `processing.detection.episode.severity`."""

    NOTABLE = "notable"
    MAJOR = "major"
    EXTREME = "extreme"

    @property
    def rank(self) -> int:
        """The place in the order of severities; a higher number is more severe."""
        return tuple(Severity).index(self)


class Pulse(msgspec.Struct, frozen=True):
    """One rise and fall inside a spike. The times are starts of bins; `observed` and `expected` are posts a bin."""

    start: datetime
    peak: datetime
    observed: int
    expected: float

    @property
    def excess(self) -> float:
        """Posts above the expectation, in the highest bin."""
        return self.observed - self.expected


class VerdictName(StrEnum):
    """The cause of a rise, as the posts and the collectors show it: see `processing.verdicts.verdict`.

    Only an organic rise is reported as a surge. The others are recorded with their evidence.
    """

    ORGANIC = "organic"
    CONCENTRATED = "concentrated"
    COLLECTOR = "collector"
    BACKFILL = "backfill"


class Evidence(msgspec.Struct, frozen=True):
    """One figure on which a verdict rests.

    `threshold` is the value from which the figure alone decides; None means that it only informs. `decisive` means that
    the figure has reached the threshold. Shares lie between 0 and 1.
    """

    name: str
    value: float
    threshold: float | None = None
    decisive: bool = False


class Spike(msgspec.Struct, frozen=True, kw_only=True):
    """An episode of one series (a topic in one language, or in all) far above its expectation.

    `observed` and `expected` are posts over the whole episode. `ratio` is `(observed + 1) / (expected + 1)` of the
    highest bin. `score` is the highest return level of the episode, and `window` names the detector's window that
    reached it; it is empty for a spike that an older version recorded. `window_observed` and `window_expected` are the
    posts of that window. A spike without `evidence` has not been judged yet.
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
    window: str = ""
    window_observed: int = 0
    window_expected: float = 0.0
    verdict: VerdictName = VerdictName.ORGANIC
    evidence: tuple[Evidence, ...] = ()


class DrivingTerm(msgspec.Struct, frozen=True):
    """A term that people use more in a surge than before it, in one language."""

    language: str
    term: str


class Doubt(msgspec.Struct, frozen=True):
    """A language of an incident that rose although none of its spikes is organic, with the cause of its rise.

    `reason` names the figure that decides, and `value` is this figure: see `Evidence`.
    """

    language: str
    verdict: VerdictName
    reason: str
    value: float


class IncidentState(StrEnum):
    """An incident is open while one of its spikes lasts, and may still grow for some hours after that."""

    OPEN = "open"
    CLOSED = "closed"


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """The spikes of one topic and its sub-topics that belong together. People are alerted about an incident once.

    The figures and the verdict come from the leading spike: the spike of the series (`lead_topic`, `lead_language`)
    from `lead_start` to `lead_end`; `window` and its posts are as in `Spike`. The figures leave copies out if more than
    half of that spike's posts are copies. If any spike is organic, only organic spikes give the times, languages and
    sub-topics. `doubted` holds the languages whose rise has another cause.
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
    window: str = ""
    window_observed: int = 0
    window_expected: float = 0.0
    verdict: VerdictName = VerdictName.ORGANIC
    evidence: tuple[Evidence, ...] = ()
    terms: tuple[DrivingTerm, ...] = ()
    doubted: tuple[Doubt, ...] = ()


class ClaimRun(msgspec.Struct, frozen=True, kw_only=True):
    """A search for the claims of an incident.

    `posts` are those of the incident with a text, `compared` those of them that were compared, `waiting` the texts that
    are still to be compared across languages. `last` says that the incident was closed.
    """

    incident: str
    method: str
    until: datetime
    posts: int
    compared: int
    waiting: int
    last: bool

    @property
    def across_languages(self) -> bool:
        """Whether a model compared the languages."""
        return "+" in self.method


class Corrects(msgspec.Struct, frozen=True):
    """A topic whose posts withdraw or deny what the posts of another topic, `claim`, say. Both are below one `root`."""

    topic: str
    claim: str
    root: str


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """A time, in event time, during which incidents are recorded and not told. An empty matcher matches everything.

    `topic` stands for the topics below it too. `severity` is the highest that the silence covers.
    """

    id: str
    topic: str = EVERYTHING
    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    severity: Severity | None = None
    channel: str = ""
    starts_at: datetime
    ends_at: datetime
    by: str
    note: str

    def ended(self, at: datetime) -> Silence:
        """Return this silence as it ends at this moment. One that has not begun ends as it begins."""
        second = at.replace(microsecond=0)
        return msgspec.structs.replace(self, starts_at=min(self.starts_at, second), ends_at=second)


class Annotation(msgspec.Struct, frozen=True, kw_only=True):
    """What a person has written beside an incident, for those who look at the incident later."""

    incident: str
    id: str
    by: str
    text: str
    at: datetime


class SavedQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A query in SQL that people keep under a name."""

    name: str
    sql: str
    by: str
    at: datetime


def highest_pulse(of: Spike | Incident) -> Pulse:
    """The pulse furthest above its expectation, the first of several."""
    whole = Pulse(of.start, of.peak, of.observed, of.expected)
    return max(of.pulses, key=lambda pulse: pulse.excess, default=whole)


MEGABYTE = 1024 * 1024
"""The unit in which the memory of the embedded broker is set and told, in bytes."""


class BrokerState(StrEnum):
    """What last became of the memory of the embedded broker."""

    STARTED = "started"
    RECYCLED = "recycled"
    """It was emptied and has begun anew."""
    UNCOUNTED = "uncounted"
    """What it held was not counted in time, so it goes on growing."""
    STREAMED = "streamed"
    """Standard input, which cannot be read twice, keeps it from beginning anew."""


@dataclass(frozen=True)
class ClickHouseAddress:
    """The address of the store, with the user and the password."""

    url: str
    user: str
    password: SecretStr
    database: str = "banwatch"
    timeout: timedelta = timedelta(seconds=30)
    proves: bool = False
    """Whether the store must prove that it knows the password before it receives it: see `processing.store.proof`."""
