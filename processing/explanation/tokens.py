"""Splits posts into the words and terms by which the driving terms of a surge are counted.

Chinese, Japanese and Thai are written without spaces; BudouX, a small model of Google's, cuts them into phrases. What
it cuts too finely is put together again, because neighbours that always come together are shown as one term.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

import budoux
import stopwordsiso

from processing.tagging.text import is_word, readable, words

LONGEST_TERM = 3
"""Words of the longest term that is looked for."""

MOST_KEPT = 10_000
"""Words whose folding is kept: most of a post's words are those of other posts."""

_PARSERS = {
    "zh": budoux.load_default_simplified_chinese_parser,
    "zh-Hant": budoux.load_default_traditional_chinese_parser,
    "ja": budoux.load_default_japanese_parser,
    "th": budoux.load_default_thai_parser,
}
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u0e00-\u0e7f\u3005\u30fc]+")
_RUNS = re.compile(f"({_UNSPACED.pattern})")
_ENDING = re.compile(r"(?<=[\u30a0-\u30ff\u4e00-\u9fff])[\u3040-\u309f]+$")
"""Hiragana behind a Japanese noun or verb: particles and endings, which only inflect it."""

_ROMANISED = frozenset({"hi-Latn", "ur-Latn"})
"""Hindi and Urdu in Latin letters, mixed with English. No library has a list for them."""

_ROMANISED_STOP_WORDS = frozenset({
    "hai", "hain", "ho", "hua", "hui", "tha", "thi", "the", "ka", "ki", "ke", "ko", "se", "me", "mein", "main",
    "par", "pe", "tak", "aur", "ya", "bhi", "to", "toh", "hi", "na", "nahi", "nahin", "mat", "kya", "kyu", "kyun",
    "kaise", "kab", "kaha", "kahan", "ye", "yeh", "wo", "woh", "is", "us", "in", "un", "iska", "uska", "jo",
    "koi", "kuch", "sab", "ab", "abhi", "phir", "fir", "raha", "rahi", "rahe", "kar", "karo", "karna", "karke",
    "karte", "gaya", "gayi", "gaye", "diya", "liya", "wala", "wali", "wale", "apna", "apne", "apni", "mera",
    "meri", "mere", "hum", "tum", "aap", "bhai", "yaar", "bas", "sirf",
})  # fmt: skip
_ABBREVIATED = frozenset({"rt", "via", "amp", "http", "https", "www", "com"})


Words = tuple[str, ...]
"""The folded words of a term."""


class Word(NamedTuple):
    """`folded` is what counts as the same word, `written` how it is shown, `inflected` how it stood in the text.

    A `hollow` word means nothing by itself: a stop word, or one letter of an alphabet. A `lone` one is a character of a
    language without spaces.
    """

    folded: str
    written: str
    inflected: str
    hollow: bool
    lone: bool


class _Visible(dict[int, str]):
    """Every code point met so far: itself if words are made of it, nothing if it is invisible.

    What stands between words of a sentence is a space, what ends a phrase a line break.
    """

    def __missing__(self, point: int) -> str:
        character = chr(point)
        if is_word(character) or character in "'’":
            visible = character
        elif words(f"a{character}b") == "ab":
            visible = ""
        else:
            visible = " " if (character.isspace() and character != "\n") or character in "-‐‑_/&#＃" else "\n"
        self[point] = visible
        return visible


_VISIBLE = _Visible()


def phrases_of(text: str, language: str) -> Iterator[list[Word]]:
    """The words of a post in their order, stop words too, a list for each phrase between punctuation.

    Links and mentions are no words, hashtags are.
    """
    parser = _parser(language)
    for phrase in readable(text).translate(_VISIBLE).splitlines():
        runs = [run.strip("'’") for run in phrase.split()]
        parts = runs if parser is None else [part for run in runs for part in _parts(run, parser)]
        found = [_word(part, language) for part in parts]
        yield [word for word in found if word.folded]


def terms_of(text: str, language: str) -> dict[Words, str]:
    """Return each term of a post once: folded words -> as written. No term begins or ends with a stop word."""
    joiner = "" if language.partition("-")[0] in _PARSERS else " "
    found: dict[Words, str] = {}
    for phrase in phrases_of(text, language):
        for term, first, last in _terms(phrase):
            if term not in found:
                inflected = [word.inflected for word in phrase[first : last - 1]]
                found[term] = joiner.join([*inflected, phrase[last - 1].written])
    return found


def folded_terms(text: str, language: str) -> set[Words]:
    """Return the same terms without how they are written."""
    return {term for phrase in phrases_of(text, language) for term, _, _ in _terms(phrase)}


def _terms(phrase: list[Word]) -> Iterator[tuple[Words, int, int]]:
    """The terms of a phrase, each with its place among the words."""
    folded = tuple([word.folded for word in phrase])
    for first, begin in enumerate(phrase):
        for last in range(first, min(first + LONGEST_TERM, len(phrase))):
            end = phrase[last]
            # Two lone characters of Chinese are mostly one word that was cut, though one may be a word by itself.
            a_word_cut = last == first + 1 and begin.lone and end.lone and not (begin.hollow and end.hollow)
            if a_word_cut or not (begin.hollow or end.hollow):
                yield folded[first : last + 1], first, last + 1


@cache
def stop_words(language: str) -> frozenset[str]:
    """The folded stop words of a language; none for one that has no list."""
    romanised = language in _ROMANISED
    name = "en" if romanised else language.partition("-")[0]
    listed = stopwordsiso.stopwords(name) if stopwordsiso.has_lang(name) else ()
    folded = frozenset(words(word).replace(" ", "") for word in listed)
    return folded | _ABBREVIATED | (_ROMANISED_STOP_WORDS if romanised else frozenset())


@lru_cache(maxsize=MOST_KEPT)
def _word(part: str, language: str) -> Word:
    """Return a word. A Japanese word is the same with every ending; a single character is shown with its ending."""
    stem = _ENDING.sub("", part) if language == "ja" else part
    folded = words(stem).replace(" ", "")
    lone = len(folded) == 1 and bool(_UNSPACED.match(folded))
    hollow = folded in stop_words(language) or (len(folded) == 1 and not lone)
    return Word(folded, part if len(stem) == 1 else stem, part, hollow, lone)


def _parts(run: str, parser: budoux.Parser) -> Iterator[str]:
    for piece in _RUNS.split(run):
        if not _UNSPACED.match(piece):
            yield piece
            continue
        yield from parser.parse(piece)


@cache
def _parser(language: str) -> budoux.Parser | None:
    load = _PARSERS.get(language) or _PARSERS.get(language.partition("-")[0])
    return load() if load else None
