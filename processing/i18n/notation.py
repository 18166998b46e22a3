"""Numbers, shares and lengths of time as the CLDR writes them in a language, with the language's usual digits."""

from __future__ import annotations

from datetime import timedelta

from babel import Locale
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

_DIGITS = "default"
"""Babel's word for the digits that are usual in a locale."""


def number(locale: Locale, value: float) -> str:
    """Return a whole number with thousands separators.

    A number below ten has one decimal if the decimal is not 0.
    """
    return format_decimal(value, "#,##0.#" if value < 10 else "#,##0", locale=locale, numbering_system=_DIGITS)


def decimal(locale: Locale, value: float) -> str:
    """Return a number with one decimal."""
    return format_decimal(value, "#,##0.0", locale=locale, numbering_system=_DIGITS)


def percent(locale: Locale, share: float, *, tenths: bool = False) -> str:
    """Return a share in per cent: whole ones, and tenths where whole ones would round to nothing or to all."""
    pattern = locale.percent_formats[None].pattern
    if tenths or not (share in {0.0, 1.0} or 0.01 <= share <= 0.99):
        pattern = pattern.replace("#,##0", "#,##0.0")
    return format_percent(share, pattern, locale=locale, numbering_system=_DIGITS)


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
    amount_with_unit = format_unit(amount, f"duration-{unit}", "short", locale=locale, numbering_system=_DIGITS)
    return amount_with_unit.replace(" ", "\u00a0")
