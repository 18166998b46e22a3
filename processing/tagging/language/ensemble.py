"""The default detector: the model, CLD2 if the model is not sure, and knowledge about short posts."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from operator import itemgetter
from zlib import crc32

import numpy as np

from processing.contract import UNDETERMINED
from processing.tagging.language.detector import UNKNOWN, Detected, LanguageDetector, cleaned
from processing.tagging.language.features import WordList
from processing.tagging.language.libraries import ask_cld, standard
from processing.tagging.language.model import Model, Weights
from processing.tagging.language.word_lists import HINDUSTANI, NO_EVIDENCE, romanised

_READS = 600
"""The number of a text's characters that `Ensemble` reads. Fewer are enough to identify a language."""

_SELDOM_LISTED = """
aa ab ay bi br co dz eo fj fo fy gd gn gv ia ie ik iu jv kha kl la lb lg ln mfe mg mi ms nr oc qu rm rn sa sco sg sm
ss st su tlh tn to tt ug ve vo wa war wo xh za zu
"""
_SELDOM = frozenset(_SELDOM_LISTED.split())
"""Languages that CLD2 finds in short texts and names far more often than posts use them."""

_SURE = 0.9
"""The probability from which the model needs no second opinion: nearly 99 % of such answers are right."""
_SURE_OF_FEW = 0.98
_FAMILIAR = 0.97
"""The share of a text's letters that training must have met. Kazakh, Pashto and Uzbek have letters that it has not."""
_CANDIDATES = 6
_NEVER_ALONE = frozenset(["ts", "rw", "sw", "hi-Latn", "ur-Latn"])
"""Languages with relatives that the model never met (Zulu, Shona, Kirundi), and a pair that words separate better."""
_ROMANISED = ("hi-Latn", "ur-Latn")
_BY_WORDS = frozenset([*_ROMANISED, "pcm"])
_WORDS_TRUSTED, _HINDUSTANI_TRUSTED, _SPELLING = 1.5, 3.0, 1.0
"""The weights of common words, times their share of a text, and the weight of a spelling within the pair."""
_ROMANISED_START = -5.0
_SOME_HINDUSTANI, _MUCH_HINDUSTANI = 0.1, 0.25
"""The share of Hindi words from which an English text is examined closely: for two such words, and for a single one."""
_MALAY = frozenset(["id", "ms"])
"""Two languages that CLD2 does not distinguish."""
_SERBO_CROATIAN = frozenset(["bs", "hr", "sr"])
_CYRILLIC = re.compile("[\u0400-\u04ff]")
"""One language in two scripts. The script decides its tag, because posts seldom show which standard they follow."""
_RELIABLE, _RELIABLE_OF_STRANGE = 3.0, 6.0
"""The amount that CLD2's opinion adds to the logarithm of a probability: the best of a grid, on the tuning data."""
_ELSEWHERE_LONG, _ELSEWHERE, _ELSEWHERE_SELDOM = math.log(0.05), math.log(0.01), math.log(0.001)
"""The starting weight of a language that only CLD2 names."""
_MANY_LETTERS = 40
_HINT, _HINT_FOR_SPELLING = 1.0, 4.0
"""The weight of a declared language. It is larger for Hindi and Urdu in Latin letters, which differ in spelling."""
_VERY_FEW_LETTERS, _LETTERS_FOR_CLD, _FEW_LETTERS = 8, 10, 20
_COMMON_LISTED = "ar de en es fa fr hi id it ja ko nl pl pt ru th tl tr uk ur vi zh"
"""Languages of many posts. All else being equal, a text of one or two words is most likely in one of them."""
_PRIOR = dict.fromkeys(_COMMON_LISTED.split(), 0.0)
_LESS_COMMON = -1.0
_NOT_IN_LATIN_LISTED = "am ar be bg bn el fa he hi ja ko mk mr ne ru sr ta te th ti uk ur zh"
_NOT_IN_LATIN = frozenset(_NOT_IN_LATIN_LISTED.split())
_ENGLISH, _ENGLISH_WORDS = 2.0, 3.0
_ENGLISH_START, _ALL_ENGLISH_START = math.log(1e-4), math.log(1e-2)
"""The starting weights of English in a short text of plain letters, and in a text whose words are all English."""
_LEAST_OF_VERY_FEW, _LEAST_OF_FEW, _LEAST = 0.7, 0.55, 0.3

_PLAIN_WORD = re.compile(r"[a-z]+")


class Ensemble(LanguageDetector):
    """The model, with CLD2's second opinion if the model is not sure."""

    def __init__(self, model: Model | None = None) -> None:
        self._model = model or Model.shipped(WordList.of(NO_EVIDENCE), WordList.of(HINDUSTANI))
        self._alone = np.array([language not in _NEVER_ALONE for language in self._model.languages])
        self._not_in_latin = np.array([language in _NOT_IN_LATIN for language in self._model.languages])

    def detect(self, text: str, declared: tuple[str, ...] = ()) -> Detected:
        """Return the language of one text. The call costs as much as ten texts in `detect_many`."""
        return self.detect_many([text], [declared])[0]

    def detect_many(self, texts: Sequence[str], declared: Sequence[tuple[str, ...]] | None = None) -> list[Detected]:
        """Return the language of each text.

        A sure model decides alone, for most posts; otherwise the opinions are weighed.
        """
        if not texts:
            return []
        read = [cleaned(text[: 4 * _READS])[:_READS] for text in texts]
        probabilities, letters, familiar, words, hindustani = self._model.read(read)
        best, likely = probabilities.argmax(axis=1), probabilities.max(axis=1)
        enough = np.where(letters < _FEW_LETTERS, _SURE_OF_FEW, _SURE)
        mixed = hindustani > np.where(hindustani > 1, _SOME_HINDUSTANI, _MUCH_HINDUSTANI) * words
        sure = (likely >= enough) & (letters >= _LETTERS_FOR_CLD) & (familiar >= _FAMILIAR) & self._alone[best] & ~mixed
        for number in np.flatnonzero(sure & self._not_in_latin[best]).tolist():
            if read[number].isascii():
                sure[number] = False
        names = self._model.languages
        found = list(map(Detected, map(names.__getitem__, best.tolist()), likely.tolist()))
        unsure = np.flatnonzero(~sure)
        for number, weights in zip(unsure.tolist(), self._candidates(probabilities[unsure]), strict=True):
            strange = familiar[number] < _FAMILIAR
            if familiar[number] < 0.5:
                weights.clear()
            hints = declared[number] if declared else ()
            some = bool(hindustani[number])
            found[number] = self._decide(
                read[number], int(letters[number]), weights, hints, strange=bool(strange), hindustani=some
            )
        return found

    def _candidates(self, probabilities: Weights) -> Iterable[dict[str, float]]:
        """Yield, for each row, the most likely languages with the logarithms of their probabilities."""
        likeliest = np.argpartition(probabilities, -_CANDIDATES, axis=1)[:, -_CANDIDATES:]
        logarithms = np.log(np.take_along_axis(probabilities, likeliest, axis=1) + np.float32(1e-4))
        for numbers, row in zip(likeliest.tolist(), logarithms.tolist(), strict=True):
            yield {self._model.languages[number]: weight for number, weight in zip(numbers, row, strict=True)}

    def _decide(
        self,
        text: str,
        letters: int,
        weights: dict[str, float],
        declared: tuple[str, ...],
        *,
        strange: bool,
        hindustani: bool,
    ) -> Detected:
        """Weigh the model's candidates (`weights`), the hints, and CLD2 unless the text is too short for it.

        `strange` means that some letters are new to the model. `hindustani` means that some words are Hindi or Urdu in
        Latin letters.
        """
        few = letters < _FEW_LETTERS
        if letters >= _LETTERS_FOR_CLD or (letters and not weights):
            _weigh_cld(text, letters, weights, _RELIABLE_OF_STRANGE if strange else _RELIABLE)
        if hindustani or not _BY_WORDS.isdisjoint(weights):
            _weigh_words(text, weights)
        if text.isascii():
            weights = {language: weight for language, weight in weights.items() if language not in _NOT_IN_LATIN}
        if few:
            weights = self._with_prior(text, weights)
        if declared:
            hints = {standard(tag.partition("-")[0].lower()) for tag in declared}
            if not hints.isdisjoint(_SERBO_CROATIAN):
                hints.add(_serbo_croatian(text))
            hinted = (language for language in weights if language.partition("-")[0] in hints)
            weights |= {language: weights[language] + _hint_for(language) for language in hinted}
        least = _LEAST_OF_VERY_FEW if letters < _VERY_FEW_LETTERS else _LEAST_OF_FEW if few else _LEAST
        return _strongest(weights, least) if letters else UNKNOWN

    def _with_prior(self, text: str, weights: dict[str, float]) -> dict[str, float]:
        weights = {language: weight + _PRIOR.get(language, _LESS_COMMON) for language, weight in weights.items()}
        words = [word for word in _PLAIN_WORD.findall(text.lower()) if word not in NO_EVIDENCE]
        english = sum(crc32(word.encode()) in self._model.english for word in words) / len(words) if words else 0.0
        bonus = _ENGLISH_WORDS * english + (_ENGLISH if text.isascii() else 0.0)
        start = _ALL_ENGLISH_START if english == 1.0 else _ENGLISH_START
        return weights | {"en": max(weights.get("en", start), start) + bonus} if words else weights


def _hint_for(language: str) -> float:
    return _HINT_FOR_SPELLING if language in _ROMANISED else _HINT


def _weigh_words(text: str, weights: dict[str, float]) -> None:
    """Add the weights of the commonest words of languages in Latin letters."""
    guess = romanised(text)
    if guess and guess.language in _ROMANISED:
        for language in _ROMANISED:
            start = max(weights.get(language, _ROMANISED_START), _ROMANISED_START)
            weights[language] = start + _HINDUSTANI_TRUSTED * guess.confidence
        weights[guess.language] += _SPELLING * guess.spelling
    elif guess and guess.language in weights:
        weights[guess.language] += _WORDS_TRUSTED * guess.confidence


def _weigh_cld(text: str, letters: int, weights: dict[str, float], trust: float) -> None:
    """Add CLD2's opinion if CLD2 calls it reliable.

    Its answer English is ignored, because it takes any Latin letters for English.
    """
    language, reliable, percent = ask_cld(text, best_effort=False)
    if language in _SERBO_CROATIAN:
        language = _serbo_croatian(text)
    malay = language in _MALAY and weights.keys() >= _MALAY
    if reliable and language not in {UNDETERMINED, "en"} and not malay:
        long = letters >= _MANY_LETTERS and percent >= 95
        start = _ELSEWHERE_LONG if long else _ELSEWHERE_SELDOM if language in _SELDOM else _ELSEWHERE
        weights[language] = weights.get(language, start) + trust


def _serbo_croatian(text: str) -> str:
    """Return the tag of Serbian, Bosnian and Croatian in the letters of a text."""
    return "sr" if _CYRILLIC.search(text) else "hr"


def _strongest(weights: dict[str, float], least: float) -> Detected:
    """Return the language with the most weight, unless its share of all weight is below `least`.

    Hindi and Urdu in Latin letters count together against the others, because they differ only in spelling.
    """
    if not weights:
        return UNKNOWN
    total = sum(map(math.exp, weights.values()))
    shares = {language: math.exp(weight) / total for language, weight in weights.items()}
    pair = {language: share for language, share in shares.items() if language in _ROMANISED}
    together = sum(pair.values())
    language, share = max(shares.items(), key=itemgetter(1, 0))
    if together > share:
        language, share = max(pair.items(), key=itemgetter(1, 0))
    return Detected(language, share) if max(share, together if language in pair else 0.0) >= least else UNKNOWN
