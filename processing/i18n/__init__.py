"""What people read, in their language: sentences by gettext's catalogues, numbers and times by the CLDR.

The code has each sentence in English, under a name. `catalogues/` has one file for each further language, in gettext's
PO format; the context of an entry is the name of its sentence. A new file is a new language, and nothing else is.

languages.py       the languages, and the reading of a catalogue
translation.py     sentences as dataclasses: `translated` and `messages`
notation.py        numbers, shares, lengths of time and zones
language_names.py  the names of languages
"""

from processing.i18n.languages import CATALOGUES, LANGUAGES, Language, language, nearest
from processing.i18n.translation import Message, Plural, messages, translated

__all__ = [
    "CATALOGUES",
    "LANGUAGES",
    "Language",
    "Message",
    "Plural",
    "language",
    "messages",
    "nearest",
    "translated",
]
