"""CLD2 alone as a language detector, to compare with."""

from __future__ import annotations

from processing.contract import UNDETERMINED
from processing.tagging.language.detector import UNKNOWN, Detected, LanguageDetector, words_of
from processing.tagging.language.libraries import ask_cld


class Cld(LanguageDetector):
    """CLD2 in its best-effort mode."""

    def detect(self, text: str, declared: tuple[str, ...] = ()) -> Detected:
        """Return the library's first language. The confidence is its share of the text. `declared` is ignored."""
        language, _, percent = ask_cld(words_of(text), best_effort=True)
        return UNKNOWN if language == UNDETERMINED else Detected(language, percent / 100)
