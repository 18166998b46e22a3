"""The reader's choice of time, topic and language.

The page's address holds the choice, so a reader can share a view.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from processing.contract import EVERYTHING

ROOT_TOPIC = "ban"

_TOPIC_OR_LANGUAGE = re.compile(r"\*|[\w.-]{1,64}", re.ASCII)
_INCIDENT_ID = re.compile(r"[\w.:*+-]{0,128}", re.ASCII)


class Range(StrEnum):
    """The length of the time that the page shows, counted back from the newest counted moment."""

    HOUR = "hour"
    SIX_HOURS = "6h"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    ALL = "all"
    INCIDENT = "incident"


class Split(StrEnum):
    """The series that the chart draws as lines: the total, each topic or each language."""

    TOTAL = "total"
    TOPIC = "topic"
    LANGUAGE = "language"


@dataclass(frozen=True)
class Filters:
    """One value for every filter. The names of the fields are the names of the address's parameters."""

    range: Range = Range.WEEK
    topic: str = ROOT_TOPIC
    language: str = EVERYTHING
    by: Split = Split.TOTAL
    incident: str = ""


def _named(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def read(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(value)
        return value

    return read


_READERS: dict[str, Callable[[str], Any]] = {
    "range": Range,
    "topic": _named(_TOPIC_OR_LANGUAGE),
    "language": _named(_TOPIC_OR_LANGUAGE),
    "by": Split,
    "incident": _named(_INCIDENT_ID),
}


def from_address(parameters: Mapping[str, str]) -> Filters:
    """Return the filters that the address holds. A filter that is missing or invalid takes its default."""
    known: dict[str, Any] = {}
    for name, read in _READERS.items():
        try:
            known[name] = read(parameters[name])
        except (KeyError, ValueError):
            continue
    return Filters(**known)


def to_address(view: Filters) -> dict[str, str]:
    """Return the address's parameters: each filter that differs from its default."""
    if view.range is not Range.INCIDENT:
        view = replace(view, incident="")
    default = Filters()
    chosen = {field.name: str(getattr(view, field.name)) for field in fields(view)}
    return {name: value for name, value in chosen.items() if value != str(getattr(default, name))}
