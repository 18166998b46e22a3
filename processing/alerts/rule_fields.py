"""The fields of the rules file that are more than a word or a number: their forms in the file and in the program."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, PlainValidator, StringConstraints

DAY = timedelta(days=1)

_SPAN = re.compile(
    r"(?:(?P<days>\d{1,3})d)?(?:(?P<hours>\d{1,4})h)?(?:(?P<minutes>\d{1,5})m)?(?:(?P<seconds>\d{1,6})s)?", re.ASCII
)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True)
class QuietHours:
    """Local times of day, whole minutes, that differ. A `start` after the `end` means that the hours cross midnight."""

    start: time
    end: time

    def cover(self, clock: time) -> bool:
        """Return whether a clock that shows this time shows quiet hours. The end is no longer quiet."""
        if self.start < self.end:
            return self.start <= clock < self.end
        return clock >= self.start or clock < self.end


def read_span(text: str) -> timedelta:
    """Return a positive span of time from its form in the file, such as `45s`, `10m`, `1h30m` or `2d`.

    Raises:
        ValueError: the text is no such span.
    """
    found = _SPAN.fullmatch(text)
    span = timedelta(**{unit: int(count) for unit, count in found.groupdict(default="0").items()}) if found else None
    if not span:
        raise ValueError(f'{text!r} is not a span of time: write it as "45s", "10m", "1h30m" or "2d"')
    return span


def span_text(span: timedelta) -> str:
    """Return a span in the form in which the rules file has it, such as `1h30m`."""
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    counts = ((days, "d"), (hours, "h"), (minutes, "m"), (seconds, "s"))
    return "".join(f"{count}{unit}" for count, unit in counts if count)


def read_clock(text: str) -> time:
    """Return a time of day from its form in the file, such as `08:00`.

    Raises:
        ValueError: the text is no time of day.
    """
    found = _CLOCK.fullmatch(text)
    if not found:
        raise ValueError(f'{text!r} is not a time of day: write it as "08:00"')
    return time(int(found[1]), int(found[2]))


def read_quiet_hours(text: str) -> QuietHours:
    """Return quiet hours from their form in the file, such as `22:00-07:00`.

    Raises:
        ValueError: the text is not two different times of day.
    """
    start, hyphen, end = text.partition("-")
    if not hyphen:
        raise ValueError(f'{text!r} is not a range of hours: write it as "22:00-07:00"')
    quiet = QuietHours(read_clock(start.strip()), read_clock(end.strip()))
    if quiet.start == quiet.end:
        raise ValueError("quiet hours begin and end at different times of day")
    return quiet


def read_digest(text: str) -> timedelta | time:
    """Return the width of a digest's windows (`15m`), or the time of day of a daily digest (`08:00`).

    Raises:
        ValueError: the text is neither, or the width is no whole number of minutes that divides a day evenly.
    """
    if ":" in text:
        return read_clock(text)
    width = read_span(text)
    if width % timedelta(minutes=1) or width > DAY or DAY % width:
        raise ValueError(f"windows of {text} do not divide a day evenly: take whole minutes such as 15m, 1h or 6h")
    return width


def read_zone(name: str) -> ZoneInfo:
    """Return a time zone by its name in the IANA database, such as `Europe/Berlin`.

    Raises:
        ValueError: the database has no such name.
    """
    known = available_timezones()
    if name not in known:
        raise ValueError(f"there is no time zone {name!r}{nearest(name, known)}")
    return ZoneInfo(name)


def nearest(name: str, known: Collection[str]) -> str:
    """Return a question that names the known name nearest to this one; it is empty if none is near."""
    near = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _from_text(read: Callable[[str], object]) -> PlainValidator:
    def validated(given: object) -> object:
        if not isinstance(given, str):
            raise ValueError(f"{given!r} is no text: the value is written in quotation marks")  # noqa: TRY004 - pydantic reports a ValueError
        return read(given)

    return PlainValidator(validated)


Digest = timedelta | time
"""A width of windows that divides a day evenly and begins at midnight, or the time of day of a daily digest. Both are
local, and whole minutes."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
LanguageTag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]
SourceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Count = Annotated[int, Field(strict=True, ge=0)]
Ratio = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
SpanField = Annotated[timedelta, _from_text(read_span)]
QuietField = Annotated[QuietHours, _from_text(read_quiet_hours)]
DigestField = Annotated[Digest, _from_text(read_digest)]
ZoneField = Annotated[ZoneInfo, _from_text(read_zone)]
