"""In which language a post is written, as a BCP 47 tag, and how sure that is.

`vote` asks the small model of this package about a whole batch at once: it was trained on posts, and it
also knows what libraries do not, such as Hindi and Urdu in Latin letters, Nigerian Pidgin or Twi. Where it is not
sure (one post in five), CLD2 gives a second opinion, and where a text is in a script that the model has never met,
CLD2 decides alone. A variety counts as its language (`pt-MZ` is `pt`), Chinese is `zh` in either script.
"""

from __future__ import annotations

from collections.abc import Callable

from processing.tagging.language.detector import Detected, LanguageDetector
from processing.tagging.language.ensemble import Ensemble
from processing.tagging.language.libraries import Cld, FastText, LangDetect

__all__ = ["DETECTORS", "Detected", "LanguageDetector"]

DETECTORS: dict[str, Callable[[], LanguageDetector]] = {
    "vote": Ensemble,
    "langdetect": LangDetect,
    "cld2": Cld,
    "fasttext": FastText,
}
"""The detectors that a user can choose by name."""
