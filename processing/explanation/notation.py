"""Numbers, times and names of languages as the CLDR writes them, for the page and for messages."""

from __future__ import annotations

from datetime import timedelta

from babel import Locale
from babel.numbers import format_decimal
from babel.units import format_unit

from processing.explanation.sentences import LANGUAGES

UNNAMED_IN_CLDR = {
    "hi-Latn": ("Hindi in Latin letters", "الهندية بالحروف اللاتينية"),
    "lif": ("Limbu", "الليمبو"),
    "zzp": ("Pig Latin", "لاتينية اللعب"),
}
"""Languages that a detector finds and that the CLDR does not name, or names badly: its Arabic name means Hinglish."""

_IN_SCRIPT = {"en": "{language} in {script} letters", "ar": "{language} بالحروف {script}"}


def language_name(locale: Locale, tag: str) -> str:
    """Return the name of a BCP 47 tag. The name of the script is added if the CLDR names only the language."""
    if tag in UNNAMED_IN_CLDR:
        return UNNAMED_IN_CLDR[tag][LANGUAGES.index(locale.language)]
    names, scripts = locale.languages, locale.scripts
    language, _, script = tag.partition("-")
    if language in names and script in scripts and f"{language}_{script}" not in names:
        return _IN_SCRIPT[locale.language].format(language=names[language], script=scripts[script])
    return str(names.get(tag.replace("-", "_"), tag))


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
    return format_unit(amount, f"duration-{unit}", "short", locale=locale).replace(" ", "\u00a0")


def number(locale: Locale, value: float) -> str:
    """Return a whole number with thousands separators.

    A number below ten has one decimal if the decimal is not 0.
    """
    return format_decimal(value, "#,##0.#" if value < 10 else "#,##0", locale=locale)
