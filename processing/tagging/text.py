"""Folding of text: characters that a reader sees as the same become the same.

Every function accepts any `str`, including unpaired surrogates. The functions are fast, because a worker reads every
post of every network. A process folds each character once and then looks it up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

import numpy as np

MOST_TOGETHER = 1 << 16
"""The most code points that are read as one array. `batches` divides longer input at the end of a text."""

_MARKS = (
    (0x0300, 0x036F),  # accents of Latin, Greek and Cyrillic
    (0x0483, 0x0487),
    (0x0591, 0x05BD),  # Hebrew points
    (0x05BF, 0x05BF),
    (0x05C1, 0x05C2),
    (0x05C4, 0x05C5),
    (0x05C7, 0x05C7),
    (0x0610, 0x061A),  # Arabic marks
    (0x0640, 0x0640),  # tatweel, which only stretches a word
    (0x064B, 0x065F),
    (0x0670, 0x0670),
    (0x06D6, 0x06DC),
    (0x06DF, 0x06E8),
    (0x06EA, 0x06ED),
    (0x08CA, 0x08E1),
    (0x08E3, 0x08FF),
    (0x093C, 0x093C),  # the nukta, which half the writers of Hindi leave out
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE20, 0xFE2F),
)
_INVISIBLE = (
    (0x00AD, 0x00AD),  # soft hyphen
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x180B, 0x180F),
    (0x200B, 0x200F),  # zero-width space, non-joiner and joiner, direction marks
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFEFF, 0xFEFF),
    (0xE0000, 0xE0FFF),
)
_DROPPED = frozenset(chr(point) for first, last in (*_MARKS, *_INVISIBLE) for point in range(first, last + 1))

_SAME = {
    # Arabic, Persian and Urdu letters that keyboards and habits exchange
    "ى": "ي", "ی": "ي", "ې": "ي", "ے": "ي", "ۍ": "ي", "ة": "ه", "ۃ": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه",
    "ک": "ك", "ڪ": "ك", "ٱ": "ا", "ٲ": "ا", "ٳ": "ا",
    # Latin letters that Unicode does not decompose
    "ı": "i", "đ": "d", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "ħ": "h", "ŧ": "t",
    # punctuation with a plain twin
    "’": "'", "‘": "'", "ʼ": "'", "´": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-",
}  # fmt: skip


def _fold_character(character: str) -> str:
    """Fold one character until folding changes nothing more."""
    folded = unicodedata.normalize("NFKD", character).casefold()
    folded = unicodedata.normalize("NFKD", folded)
    folded = "".join(_SAME.get(part, part) for part in folded if part not in _DROPPED)
    digits = (str(unicodedata.decimal(part)) if part.isdecimal() else part for part in folded)
    folded = unicodedata.normalize("NFC", "".join(digits))
    return folded if folded == character else "".join(map(_fold_character, folded))


class _Folded(dict[int, str]):
    """The folding of every code point met so far; never larger than Unicode."""

    def __missing__(self, point: int) -> str:
        folded = self[point] = _fold_character(chr(point))
        return folded


_FOLDED = _Folded()


def fold(text: str) -> str:
    """Fold case, width, accents, letter forms of Arabic, Persian and Urdu, digits and invisible characters.

    Vowel signs of the Indic scripts and Thai, and the voicing marks of kana, are letters and stay. A second folding
    changes nothing: `fold(fold(text)) == fold(text)` for every text.
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", text.translate(_FOLDED))


_LINK = re.compile(r"(?:[hH][tT][tT][pP][sS]?://|[wW]{3}\.)[^\s<>\"'”’）】]+")
_MENTION = re.compile(r"@(?<![\w@]@)[\w.-]+(?:@[\w.-]+\w)?")
_HASHTAG = re.compile(r"[#＃](\w+)")
_SEAMS = re.compile(r"_+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)")
_MIXED = re.compile(r"_|[a-z][A-Z]|[A-Z][A-Z][a-z]|[^\W\d_]\d")


def _hashtag_words(found: re.Match[str]) -> str:
    return " " + _SEAMS.sub(" ", found[1])


def _hashtag_readings(found: re.Match[str]) -> str:
    tag = found[1]
    if not _MIXED.search(tag):
        return " " + tag
    words = _SEAMS.sub(" ", tag)
    return f" {words} {words.replace(' ', '')}"


def _without_names(text: str) -> str:
    """Return a text without its links and mentions, which are names and not words."""
    if "://" in text or "w." in text or "W." in text:
        text = _LINK.sub(" ", text)
    return _MENTION.sub(" ", text) if "@" in text else text


def readable(text: str) -> str:
    """Return the words that a person wrote: no links, no mentions, hashtags as words (`#BusStrike`: `Bus Strike`)."""
    text = _without_names(text)
    if "#" in text or "＃" in text:
        text = _HASHTAG.sub(_hashtag_words, text)
    return text


def spaced(point: int) -> str:
    """Return the folding of a code point, with a space for every character that no word contains."""
    return "".join(part if is_word(part) else " " for part in _FOLDED[point])


class _Spaced(dict[int, str]):
    """The `spaced` folding of every code point met so far."""

    def __missing__(self, point: int) -> str:
        self[point] = folded = spaced(point)
        return folded


_SPACED = _Spaced()


def is_word(character: str) -> bool:
    """Return whether a character belongs to a word: a letter, a digit, or a mark that folding keeps."""
    return character.isalnum() or unicodedata.category(character)[0] == "M"


def words(text: str) -> str:
    """Return the folded words with one space between them. Topic rules are matched against this text."""
    return " ".join(unicodedata.normalize("NFC", text.translate(_SPACED)).split())


def matchable(text: str) -> str:
    """Return the `words` of a post without links and mentions. Each hashtag appears both split and whole.

    `#MetroStrike` gives `metro strike metrostrike`, and `#سوق_مصر` gives `سوق مصر سوقمصر`.
    """
    text = _without_names(text)
    if "#" in text or "＃" in text:
        text = _HASHTAG.sub(_hashtag_readings, text)
    return words(text)


def batches(texts: Sequence[str], most: int = 1_024) -> Iterable[Sequence[str]]:
    """Yield the texts in order, at most `most` texts and 64,000 code points at a time.

    So many texts share the cost of a call of numpy, and their arrays stay in a processor's cache.

    Every text must be shorter than that. Each text counts three code points more than it has, for its ends.
    """
    ends = np.cumsum([len(text) + 3 for text in texts])
    first, before = 0, 0
    while first < len(texts):
        fitting = int(np.searchsorted(ends, before + MOST_TOGETHER - 3, side="right"))
        behind = min(max(fitting, first + 1), first + most)
        yield texts[first:behind]
        first, before = behind, int(ends[behind - 1])
