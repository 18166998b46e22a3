"""The reader's choice of time, topic and language.

The page's address holds the choice, so a reader can share a view. It names topics and languages by their ids, so a view
can be shared with a reader of another language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from processing.contract import EVERYTHING

ROOT_TOPIC = "ban"

OLDEST, NEWEST = datetime(2006, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Moments that can be chosen. No network of today is older."""

_TOPIC_OR_LANGUAGE = re.compile(r"\*|[\w.-]{1,64}", re.ASCII)


class Range(StrEnum):
    """The length of the time that the page shows, counted back from the newest counted moment.

    `CHOSEN` is a time with a begin and an end of its own.
    """

    HOUR = "hour"
    SIX_HOURS = "6h"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ALL = "all"
    CHOSEN = "chosen"


class Split(StrEnum):
    """The series that the chart draws as lines: the total, each topic or each language."""

    TOTAL = "total"
    TOPIC = "topic"
    LANGUAGE = "language"


@dataclass(frozen=True)
class Filters:
    """One value for every filter. `start` and `end` are in UTC, and are set if the range is `CHOSEN`."""

    range: Range = Range.WEEK
    start: datetime | None = None
    end: datetime | None = None
    topic: str = ROOT_TOPIC
    language: str = EVERYTHING
    by: Split = Split.TOTAL


NAMES = {field.name: {"start": "from", "end": "to"}.get(field.name, field.name) for field in fields(Filters)}
"""The name of each filter in the page's address."""


def _named(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def read(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(value)
        return value

    return read


def _moment(value: str) -> datetime:
    """Return a moment of the address, to the minute. Without a zone it is in UTC."""
    moment = datetime.fromisoformat(value)
    moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    if not OLDEST <= moment < NEWEST:
        raise ValueError(value)
    return moment.replace(second=0, microsecond=0)


_READERS: dict[str, Callable[[str], Any]] = {
    "range": Range,
    "start": _moment,
    "end": _moment,
    "topic": _named(_TOPIC_OR_LANGUAGE),
    "language": _named(_TOPIC_OR_LANGUAGE),
    "by": Split,
}


def from_address(parameters: Mapping[str, str]) -> Filters:
    """Return the filters that the address holds. A filter that is missing or invalid takes its default."""
    known: dict[str, Any] = {}
    for name, read in _READERS.items():
        try:
            known[name] = read(parameters[NAMES[name]])
        except (KeyError, ValueError, OverflowError):
            continue
    return settled(Filters(**known))


def settled(view: Filters) -> Filters:
    """Return the filters with a time that exists: a begin and an end choose it, in either order."""
    if view.start and view.end and view.start != view.end:
        start, end = sorted((view.start, view.end))
        return replace(view, range=Range.CHOSEN, start=start, end=end)
    return replace(view, range=Filters.range if view.range is Range.CHOSEN else view.range, start=None, end=None)


def to_address(view: Filters) -> dict[str, str]:
    """Return the address's parameters: each filter that differs from its default."""
    default = Filters(range=view.range) if view.range is Range.CHOSEN else Filters()
    chosen = {name: getattr(view, name) for name in NAMES}
    return {
        NAMES[name]: value.strftime("%Y-%m-%dT%H:%MZ") if isinstance(value, datetime) else str(value)
        for name, value in chosen.items()
        if value != getattr(default, name)
    }
