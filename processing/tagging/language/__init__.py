"""Language detection: the language of a post as a BCP 47 tag, and the confidence in it.

`vote` asks the small model in this package about a whole batch at once. The model was trained on posts, and knows
languages that libraries do not, such as Hindi and Urdu in Latin letters, Nigerian Pidgin or Twi. For one post in five
the model is not sure, and CLD2 gives a second opinion. For a text in a script that the model has never met, CLD2
decides alone. A variety counts as its language (`pt-MZ` is `pt`), and Chinese is `zh` in either script.
"""

from __future__ import annotations

from collections.abc import Callable

from processing.tagging.language.detector import Detected, LanguageDetector
from processing.tagging.language.ensemble import Ensemble
from processing.tagging.language.libraries import LangDetect

__all__ = ["DETECTORS", "Detected", "LanguageDetector"]

DETECTORS: dict[str, Callable[[], LanguageDetector]] = {
    "vote": Ensemble,
    "langdetect": LangDetect,
}
"""The detectors, by the name under which a user chooses them."""
