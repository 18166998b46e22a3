"""The reader's choice of watch list, time, topic and language.

The page's address holds the choice, so a reader can share a view. It names topics and languages by their ids, so a view
can be shared with a reader of another language.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from dashboard.watch_list import WatchList, list_of
from processing.contract import EVERYTHING

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
    """One value for every filter. `start` and `end` are in UTC, and are set if the range is `CHOSEN`.

    `topic` is of the watch list, or `*`; it is the root without another choice.
    """

    watch: WatchList
    range: Range = Range.WEEK
    start: datetime | None = None
    end: datetime | None = None
    topic: str = ""
    language: str = EVERYTHING
    by: Split = Split.TOTAL

    def __post_init__(self) -> None:
        """Choose the root where no topic is chosen."""
        if not self.topic:
            object.__setattr__(self, "topic", self.watch.root)


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


def from_address(parameters: Mapping[str, str], lists: Sequence[WatchList]) -> Filters:
    """Return the filters that the address holds. A filter that is missing or invalid takes its default.

    A topic chooses its watch list. Without one, the address names the list by its root, and the first is the default.
    """
    known: dict[str, Any] = {"watch": list_of(lists, parameters.get(NAMES["watch"], "")) or lists[0]}
    for name, read in _READERS.items():
        try:
            known[name] = read(parameters[NAMES[name]])
        except (KeyError, ValueError, OverflowError):
            continue
    if (own := list_of(lists, known.get("topic", ""))) is not None:
        known["watch"] = own
    return settled(Filters(**known))


def settled(view: Filters) -> Filters:
    """Return the filters with a time that exists: a begin and an end choose it, in either order."""
    if view.start and view.end and view.start != view.end:
        start, end = sorted((view.start, view.end))
        return replace(view, range=Range.CHOSEN, start=start, end=end)
    return replace(view, range=Filters.range if view.range is Range.CHOSEN else view.range, start=None, end=None)


def to_address(view: Filters, lists: Sequence[WatchList]) -> dict[str, str]:
    """Return the address's parameters: each filter that differs from its default."""
    default = Filters(view.watch, view.range if view.range is Range.CHOSEN else Filters.range)
    chosen = {name: getattr(view, name) for name in _READERS}
    address = {
        NAMES[name]: value.strftime("%Y-%m-%dT%H:%MZ") if isinstance(value, datetime) else str(value)
        for name, value in chosen.items()
        if value != getattr(default, name)
    }
    return address if view.watch == lists[0] else {NAMES["watch"]: view.watch.root, **address}
