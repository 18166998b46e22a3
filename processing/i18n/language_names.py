"""The names of languages as the CLDR has them, and of the few that it lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from processing.i18n.languages import LANGUAGES, Language, language
from processing.i18n.translation import translated

NAME = "language_names"
"""The first part of the names of these sentences."""


@dataclass(frozen=True)
class LanguageNames:
    """What the CLDR does not name. `unnamed` are languages that a detector finds and that the CLDR does not name, or
    names badly: its Arabic name of `hi-Latn` means Hinglish.
    """

    in_script: str = "{language} in {script} letters"
    unnamed: Mapping[str, str] = field(
        default_factory=lambda: {"hi-Latn": "Hindi in Latin letters", "lif": "Limbu", "zzp": "Pig Latin"}
    )


ENGLISH_NAMES = LanguageNames()
_NAMES = {tag: translated(ENGLISH_NAMES, language(tag), NAME) for tag in LANGUAGES}


def language_name(reader: Language, tag: str) -> str:
    """Return the name of a BCP 47 tag. The name of the script is added if the CLDR names only the language."""
    own, locale = _NAMES[reader.tag], reader.locale
    if tag in own.unnamed:
        return own.unnamed[tag]
    names, scripts = locale.languages, locale.scripts
    spoken, _, script = tag.partition("-")
    if spoken in names and script in scripts and f"{spoken}_{script}" not in names:
        return own.in_script.format(language=names[spoken], script=scripts[script])
    return str(names.get(tag.replace("-", "_"), tag))
