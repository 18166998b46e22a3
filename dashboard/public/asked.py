"""What a request asks for, in a form that is the same for all requests that ask for the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from dashboard.filters import Range
from dashboard.public.chart import Size
from dashboard.public.drawing import Theme
from dashboard.window import WIDTHS
from processing.contract import EVERYTHING
from processing.i18n import LANGUAGES

T = TypeVar("T")

_NAME = re.compile(r"\*|[\w.-]{1,64}", re.ASCII)
_INCIDENT = re.compile(r"[\w.:*+-]{1,128}", re.ASCII)
_MINUTES = re.compile(r"\d{1,4}", re.ASCII)

LENGTHS = tuple(length for length in Range if length is not Range.CHOSEN)
"""The times, counted back from the newest counted moment, of which counts can be asked for."""


_WIDTHS = f"a number of minutes: {', '.join(f'{width // timedelta(minutes=1)}' for width in WIDTHS)}"


class Kind(StrEnum):
    """The things that can be asked for."""

    NOW = "now"
    INCIDENT = "incident"
    FEED = "feed"
    INCIDENTS = "incidents"
    INCIDENT_DATA = "incident_data"
    COUNTS = "counts"
    SVG = "svg"
    PNG = "png"
    HEALTH = "health"


@dataclass(frozen=True)
class Asked:
    """One thing that can be asked for. A field that does not concern the kind has its default.

    `ui` is the language of the page, one of `LANGUAGES`. `width` is None for the narrowest bins of the time. `incident`
    is an id, or empty. `topic` is the root of the watch list of a page or a feed, and any topic of counts or a picture;
    if it is empty, it is the root of the first list.
    """

    kind: Kind
    ui: str = LANGUAGES[0]
    incident: str = ""
    topic: str = ""
    language: str = EVERYTHING
    length: Range = Range.WEEK
    width: timedelta | None = None
    size: Size = Size.WIDE
    theme: Theme = Theme.AUTO


class BadRequest(Exception):
    """A parameter has a value that it cannot have; the message is one sentence for a person."""


def incident_id(text: str) -> str | None:
    """Return the text if an incident can have this id."""
    return text if _INCIDENT.fullmatch(text) else None


def counts(given: Mapping[str, str]) -> Asked:
    """Read the parameters of counts. Other parameters are ignored, so they make nothing new to hold.

    Raises:
        BadRequest: a parameter cannot have its value.
    """
    return Asked(
        Kind.COUNTS,
        topic=_read(given, "topic", _named, "", "the id of a topic, or *"),
        language=_read(given, "language", _named, EVERYTHING, "a tag such as `en`, or *"),
        length=_length(given),
        width=_read(given, "width", _minutes, None, _WIDTHS),
    )


def picture(kind: Kind, ui: str, given: Mapping[str, str]) -> Asked:
    """Read the parameters of a picture, likewise. With `incident`, its topic and its time are shown.

    Raises:
        BadRequest: a parameter cannot have its value.
    """
    size = _read(given, "size", Size, Size.CARD if kind is Kind.PNG else Size.WIDE, " or ".join(Size))
    default = Theme.LIGHT if kind is Kind.PNG else Theme.AUTO
    theme = _read(given, "theme", Theme, default, " or ".join(Theme))
    if kind is Kind.PNG and theme is Theme.AUTO:
        theme = Theme.LIGHT
    if "incident" in given:
        name = _read(given, "incident", _incident, "", "the id of a surge")
        return Asked(kind, ui, incident=name, size=size, theme=theme)
    topic = _read(given, "topic", _named, "", "the id of a topic, or *")
    language = _read(given, "language", _named, EVERYTHING, "a tag such as `en`, or *")
    return Asked(kind, ui, topic=topic, language=language, length=_length(given), size=size, theme=theme)


def _length(given: Mapping[str, str]) -> Range:
    return _read(given, "range", lambda text: LENGTHS[LENGTHS.index(Range(text))], Range.WEEK, " or ".join(LENGTHS))


def _read(given: Mapping[str, str], name: str, read: Callable[[str], T], default: T, form: str) -> T:
    if name not in given:
        return default
    try:
        return read(given[name])
    except ValueError:
        raise BadRequest(f"The parameter {name} cannot have this value: it is {form}.") from None


def _named(text: str) -> str:
    return _matched(_NAME, text)


def _incident(text: str) -> str:
    return _matched(_INCIDENT, text)


def _minutes(text: str) -> timedelta | None:
    width = timedelta(minutes=int(_matched(_MINUTES, text)))
    return WIDTHS[WIDTHS.index(width)]


def _matched(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ValueError(text)
    return text
