"""Moments, lengths of time and numbers, as each language writes them.

Numbers and clock times keep Western digits in Arabic too: the axes, the posts and the copied figures
have them, and one page with two sets of digits is read wrongly.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dashboard.i18n.messages import Words


def moment(words: Words, at: datetime) -> str:
    """A date and a clock time in UTC, to the minute."""
    at = at.astimezone(UTC)
    return words.date.format(day=at.day, month=words.months[at.month - 1], year=at.year, time=at.strftime("%H:%M"))


def duration(words: Words, span: timedelta) -> str:
    """A length of time in its two largest units, in abbreviations that need no plural."""
    seconds = max(0, round(span.total_seconds()))
    parts = (
        (words.days, seconds // 86_400),
        (words.hours, seconds // 3600 % 24),
        (words.minutes, seconds // 60 % 60),
        (words.seconds, seconds % 60),
    )
    first = next((index for index, (_, amount) in enumerate(parts) if amount), len(parts) - 1)
    return " ".join(
        unit.format(n=amount)
        for index, (unit, amount) in enumerate(parts)
        if index in {first, first + 1} and (amount or index == first)
    )


def number(value: float) -> str:
    """A whole number with its thousands apart; one decimal below ten, where it matters."""
    if value < 10 and value != int(value):
        return f"{value:.1f}".removesuffix(".0")
    return f"{round(value):,}"
