"""The languages that people can be addressed in: English, and each language that has a catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGUES = Path(__file__).with_name("catalogues")
ENGLISH = "en"


def _discovered() -> tuple[str, ...]:
    return (ENGLISH, *sorted(file.stem.replace("_", "-") for file in CATALOGUES.glob("*.po")))


LANGUAGES = _discovered()
"""The BCP 47 tag of each language: English, and then the others in the order of their tags."""


@dataclass(frozen=True)
class Language:
    """A language, with its translations by gettext. What has no translation stays English."""

    locale: Locale
    translations: NullTranslations

    @property
    def tag(self) -> str:
        """The BCP 47 tag, for example `ar` or `pt-BR`."""
        return tag_of(self.locale)

    @property
    def native_name(self) -> str:
        """The language's name for itself, with a capital letter where its script has them."""
        name = self.locale.get_display_name() or self.tag
        return name[0].upper() + name[1:]

    @property
    def right_to_left(self) -> bool:
        """Whether the language is written from right to left."""
        return self.locale.text_direction == "rtl"


def tag_of(locale: Locale) -> str:
    """Return the BCP 47 tag of a CLDR locale."""
    return str(locale).replace("_", "-")


@cache
def language(tag: str) -> Language:
    """Return a language of `LANGUAGES`. Its catalogue is read once; an entry marked `fuzzy` counts as missing.

    Raises:
        LookupError: there is no such language.
    """
    if tag not in LANGUAGES:
        raise LookupError(f"There is no catalogue for the language {tag!r}: there are {', '.join(LANGUAGES)}.")
    locale = Locale.parse(tag, sep="-")
    if tag == ENGLISH:
        return Language(locale, NullTranslations())
    with (CATALOGUES / f"{locale}.po").open("rb") as file:
        catalogue = read_po(file, locale=str(locale))
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Language(locale, GNUTranslations(compiled))


def nearest(wanted: str | None) -> str:
    """Return the language nearest to a BCP 47 tag: `ar` for `ar-EG`. It is English if there is none."""
    return negotiate_locale([wanted or ENGLISH], LANGUAGES, sep="-") or ENGLISH
