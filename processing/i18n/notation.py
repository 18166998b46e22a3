"""Numbers, shares, lengths of time and zones as the CLDR writes them, with the digits that are usual in a language."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from babel import Locale
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

_ZEROS = {"arab": "٠", "arabext": "۰", "beng": "০", "deva": "०", "mymr": "၀", "tibt": "༠"}
"""The zeros of the CLDR's numbering systems that are usual somewhere. The other digits follow them in Unicode."""


def number(locale: Locale, value: float) -> str:
    """Return a whole number with thousands separators.

    A number below ten has one decimal if the decimal is not 0.
    """
    return _decimal(locale, value, "#,##0.#" if value < 10 else "#,##0")


def decimal(locale: Locale, value: float) -> str:
    """Return a number with one decimal."""
    return _decimal(locale, value, "#,##0.0")


def _decimal(locale: Locale, value: float, pattern: str) -> str:
    return with_digits(locale, format_decimal(value, pattern, locale=locale, numbering_system=_system(locale)))


def percent(locale: Locale, share: float, *, tenths: bool = False) -> str:
    """Return a share in per cent: whole ones, and tenths where whole ones would round to nothing or to all."""
    pattern = locale.percent_formats[None].pattern
    if tenths or not (share in {0.0, 1.0} or 0.01 <= share <= 0.99):
        pattern = pattern.replace("#,##0", "#,##0.0")
    return with_digits(locale, format_percent(share, pattern, locale=locale, numbering_system=_system(locale)))


def duration(locale: Locale, span: timedelta) -> str:
    """Return a length of time in its two largest units, in whole seconds.

    A negative length is shown as 0 seconds.
    """
    seconds = max(0, round(span.total_seconds()))
    minutes, hours = seconds // 60, seconds // 3600
    amounts = {"day": hours // 24, "hour": hours % 24, "minute": minutes % 60, "second": seconds % 60}
    largest = next((index for index, amount in enumerate(amounts.values()) if amount), len(amounts) - 1)
    shown = [unit for unit in list(amounts)[largest : largest + 2] if amounts[unit]] or ["second"]
    return " ".join(_amount(locale, amounts[unit], unit) for unit in shown)


def _amount(locale: Locale, amount: int, unit: str) -> str:
    """Return an amount and its unit, joined by a space at which no line breaks."""
    written = format_unit(amount, f"duration-{unit}", "short", locale=locale, numbering_system=_system(locale))
    return with_digits(locale, written).replace(" ", "\u00a0")


def offset(locale: Locale, at: datetime) -> str:
    """Return the zone of an aware time as its distance from UTC: `UTC`, `UTC+2` or `UTC−3:30`.

    An abbreviation such as IST has several meanings, and many zones have none.
    """
    minutes = round((at.utcoffset() or timedelta()) / timedelta(minutes=1))
    hours, rest = divmod(abs(minutes), 60)
    sign = "−" if minutes < 0 else "+"
    distance = f"{sign}{hours}" + (f":{rest:02}" if rest else "") if minutes else ""
    return f"UTC{with_digits(locale, distance)}"


def with_digits(locale: Locale, written: str) -> str:
    """Return a text with the digits that are usual in the locale. Babel itself writes European digits only."""
    return written.translate(_digits(locale))


@cache
def _digits(locale: Locale) -> dict[int, int]:
    zero = ord(_ZEROS.get(_system(locale), "0"))
    return {ord("0") + digit: zero + digit for digit in range(10)}


def _system(locale: Locale) -> str:
    usual = locale.default_numbering_system
    return usual if usual in _ZEROS else "latn"
