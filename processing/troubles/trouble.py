"""What a trouble of banwatch itself is: its name, its subject, since when it lasts, and how large it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec


class TroubleSeverity(StrEnum):
    """How urgent a trouble is. The page shows all; alerts tell of those that a person has to act on."""

    NOTICE = "notice"
    """It passes by itself, or belongs to another trouble."""
    WARNING = "warning"
    CRITICAL = "critical"
    """Posts or alerts are lost soon, or are lost already."""

    @property
    def rank(self) -> int:
        """The place in the order of severities; a higher number is more severe."""
        return tuple(TroubleSeverity).index(self)


class Area(StrEnum):
    """The part of banwatch that a trouble is in. People are told of an area and a subject, whatever is wrong there."""

    SOURCE = "source"
    REJECTED = "rejected"
    LAG = "lag"
    WATCH = "watch"
    CHANNEL = "channel"
    QUEUE = "queue"
    DISK = "disk"
    BROKER = "broker"


class TroubleName(StrEnum):
    """What is wrong."""

    FAILED = "failed"
    AWAY = "away"
    SILENT = "silent"
    REJECTS = "rejects"
    LAG = "lag"
    SCORES_BEHIND = "scores_behind"
    NO_SCORES = "no_scores"
    WATCH_SILENT = "watch_silent"
    CHANNEL = "channel"
    OVERDUE = "overdue"
    DISK = "disk"
    BROKER = "broker"


class Unit(StrEnum):
    """The unit of a trouble's value and of its threshold."""

    SECONDS = "seconds"
    SHARE = "share"
    COUNT = "count"
    BYTES = "bytes"


AREAS: Mapping[TroubleName, Area] = {
    TroubleName.FAILED: Area.SOURCE,
    TroubleName.AWAY: Area.SOURCE,
    TroubleName.SILENT: Area.SOURCE,
    TroubleName.REJECTS: Area.REJECTED,
    TroubleName.LAG: Area.LAG,
    TroubleName.SCORES_BEHIND: Area.WATCH,
    TroubleName.NO_SCORES: Area.WATCH,
    TroubleName.WATCH_SILENT: Area.WATCH,
    TroubleName.CHANNEL: Area.CHANNEL,
    TroubleName.OVERDUE: Area.QUEUE,
    TroubleName.DISK: Area.DISK,
    TroubleName.BROKER: Area.BROKER,
}

UNITS: Mapping[TroubleName, Unit] = {
    TroubleName.REJECTS: Unit.SHARE,
    TroubleName.DISK: Unit.SHARE,
    TroubleName.CHANNEL: Unit.COUNT,
    TroubleName.BROKER: Unit.BYTES,
}
"""The units that are not seconds."""


def conversation_about(area: Area, subject: str = "") -> str:
    """Return the name of the conversations about a trouble. No id of an incident has a colon."""
    return f"{area}:{subject or 'banwatch'}"


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """One trouble. `subject` is the name of the source, the channel or the disk, empty where there is but one.

    `value` and `threshold` are in the unit of the name, None where there is nothing to measure. `lasts` is the time in
    seconds for which it has lasted, and `count` the records, attempts or messages that it is made of. `reason` is the
    outcome of the last attempt at a channel, and `detail` what a network or a channel said: text of strangers.
    """

    name: TroubleName
    severity: TroubleSeverity
    since: datetime
    subject: str = ""
    value: float | None = None
    threshold: float | None = None
    lasts: float = 0.0
    count: int = 0
    reason: str = ""
    detail: str = ""

    @property
    def area(self) -> Area:
        """The part of banwatch that it is in."""
        return AREAS[self.name]

    @property
    def unit(self) -> Unit:
        """The unit of its value."""
        return UNITS.get(self.name, Unit.SECONDS)

    @property
    def about(self) -> str:
        """The name of the conversations about it."""
        return conversation_about(self.area, self.subject)
