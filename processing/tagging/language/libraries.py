"""What CLD2 and langdetect say of a text, in this project's tags."""

from __future__ import annotations

import re

import pycld2
from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory
from langdetect.lang_detect_exception import LangDetectException

from processing.contract import UNDETERMINED
from processing.tagging.language.detector import UNKNOWN, Detected, LanguageDetector, words_of

_STANDARD = {
    "un": UNDETERMINED, "iw": "he", "in": "id", "jw": "jv", "ak": "tw", "arz": "ar", "fil": "tl", "als": "gsw",
    "sh": "hr", "wuu": "zh", "yue": "zh", "zh-cn": "zh", "zh-tw": "zh", "zh-Hant": "zh", "nb": "no", "bh": "bho",
}  # fmt: skip
"""A library's tag -> this project's tag, if the two differ."""

_NOT_FOR_CLD = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\U000e0000-\U0010ffff]")
_CLD_READS, _LANGDETECT_READS = 1_000, 200


def standard(tag: str) -> str:
    """Return this project's tag for a library's tag. CLD2's unknown tags, which begin with `xx`, become `und`."""
    return _STANDARD.get(tag, UNDETERMINED if tag.startswith("xx") else tag)


def ask_cld(words: str, best_effort: bool) -> tuple[str, bool, int]:
    """Return CLD2's first language: the tag, whether it is reliable, and its percentage of the text."""
    shown = _NOT_FOR_CLD.sub(" ", words[:_CLD_READS])
    try:
        reliable, _, (first, *_) = pycld2.detect(shown, isPlainText=True, bestEffort=best_effort)
    except pycld2.error:
        return UNDETERMINED, False, 0
    return standard(first[1]), reliable, first[2]


class LangDetect(LanguageDetector):
    """The langdetect library, with a fixed seed, so that the same text gives the same answer."""

    def __init__(self) -> None:
        self._factory = DetectorFactory()
        self._factory.load_profile(PROFILES_DIRECTORY)
        self._factory.set_seed(0)

    def detect(self, text: str, declared: tuple[str, ...] = ()) -> Detected:  # noqa: ARG002 (the protocol's)
        """Return the library's most likely language. `declared` is ignored."""
        return self.read(words_of(text))

    def read(self, words: str) -> Detected:
        """Return the language of a text that is already on one line."""
        detector = self._factory.create()
        detector.set_max_text_length(_LANGDETECT_READS)
        detector.append(words)
        try:
            found = detector.get_probabilities()
        except LangDetectException:
            return UNKNOWN
        return Detected(standard(found[0].lang), found[0].prob) if found else UNKNOWN
