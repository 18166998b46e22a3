"""The rules of alerts as the page shows them: who is told of what, and when. No secret of a channel is among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta

from processing.contract import Severity, VerdictName


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule. A condition that is empty, zero or None is fulfilled by every incident.

    `topic` stands for the topics below it too. `severity`, `posts`, `people`, `ratio` (times normal) and `lasting` are
    least values. `quiet` is the local begin and end of the quiet hours; `digest` is the time of day of a daily digest,
    or the width of the windows of one. A rule about banwatch `itself` is not about incidents; with `hold_critical`, its
    quiet hours and digests also hold what is critical.
    """

    name: str
    channels: tuple[str, ...]
    itself: bool = False
    topic: str = ""
    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    severity: Severity = Severity.NOTABLE
    posts: int = 0
    people: int = 0
    ratio: float = 0
    verdicts: tuple[VerdictName, ...] = (VerdictName.ORGANIC,)
    lasting: timedelta = timedelta()
    no_data: bool = False
    quiet: tuple[time, time] | None = None
    repeat: timedelta | None = None
    digest: timedelta | time | None = None
    hold_critical: bool = False


@dataclass(frozen=True)
class Channel:
    """A channel without its options. `language` is that of its messages, `budget` the most messages an hour."""

    name: str
    kind: str
    language: str = "en"
    budget: int | None = None


@dataclass(frozen=True)
class Rules:
    """The rules in their last valid version. `zone` is the IANA name of the zone of all local times in them.

    `faults` has a sentence in English for each fault of the file as it is now; none where it is valid.
    """

    channels: tuple[Channel, ...] = ()
    rules: tuple[Rule, ...] = ()
    zone: str = "UTC"
    report_failures_to: str = ""
    faults: tuple[str, ...] = ()
