"""Features of a batch of texts: letter n-grams and words, hashed to the numbers of rows, for all texts at once.

The texts become one stream of code points that keeps only letters. Letters are in lower case and repeat at most twice.
One space separates words, and a digit stays only after a letter (`b3y3` is how people type a word in Twi). Each
position of the stream starts a two-, three- and four-gram that does not cross a space, and each word ends at one
position. Row 0 stands for "no feature" and is all zeros in a model.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from processing.tagging.text import MOST_TOGETHER, batches

Codes = NDArray[np.uint32]

SPACE, END, DROPPED = 0, 1, 2
"""Codes that are not letters. The code of a letter is larger."""
LETTERS = 0x10000
"""The first code point of emoji and rare scripts, which share one entry: a space."""
IDEOGRAPHS_FROM = 0x2E80
"""The first code point of scripts with too many letters for training to meet all. Their block is an extra feature."""
BLOCK = 2048
_LONGEST = 4
_PRIME, _GOLDEN, _SPREAD, _SPREAD_WORDS = 0x01000193, 0x9E3779B1, 0x85EBCA6B, 0xC2B2AE35
_SCREENED = 14
"""The number of a hash's bits that a screen ignores. With the other 18 bits, one word in twenty must be looked up."""


def _code(point: int) -> int:
    character = chr(point)
    category = unicodedata.category(character)
    if category[0] == "L" or category in {"Mn", "Mc"}:
        return ord(character.lower()[0])
    return DROPPED if category == "Cf" else SPACE


def _table() -> Codes:
    table = np.array([*map(_code, range(LETTERS)), SPACE], dtype=np.uint32)
    table[[ord(each) for each in "'’ʼ‘`"]] = ord("'")
    table[ord("0") : ord("9") + 1] = range(ord("0"), ord("9") + 1)
    table[[0x0300, 0x0301, 0x0640]] = DROPPED  # stress marks and tatweel
    table[0xFE00:0xFE10] = DROPPED
    table[ord("\n")] = END
    return table


_TABLE = _table()
_IDEOGRAPHS = np.arange(LETTERS, dtype=np.uint32) >= IDEOGRAPHS_FROM
_BLOCK_HASHES = _IDEOGRAPHS * (np.arange(LETTERS, dtype=np.uint32) // BLOCK + 1) * np.uint32(_GOLDEN)
"""The hash of the block of each code that needs one, else 0."""
_POWERS = np.cumprod(np.full(MOST_TOGETHER, _PRIME, dtype=np.uint32), dtype=np.uint32)
_INVERSE = np.cumprod(np.full(MOST_TOGETHER, pow(_PRIME, -1, 1 << 32), dtype=np.uint32), dtype=np.uint32)


class Rows(NamedTuple):
    """The rows of a batch.

    `features` holds arrays of rows, one row for each position from the first on (0 means none). `words` holds the last
    position and the hash of each word. Text number n lies from position `ends[n]` to `ends[n + 1]`. `codes` is the
    stream itself.
    """

    features: list[Codes]
    words: tuple[NDArray[np.intp], Codes]
    ends: NDArray[np.intp]
    codes: Codes

    def marked(self, positions: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return the number of marked positions in each text."""
        return np.add.reduceat(positions, self.ends[:-1], dtype=np.intp)

    def per_text(self, words: NDArray[np.bool_] | slice = slice(None)) -> NDArray[np.intp]:
        """Return the number of words in each text, or of the marked words."""
        owners = np.searchsorted(self.ends, self.words[0][words])
        return np.bincount(owners, minlength=len(self.ends))[1:]


class WordList(NamedTuple):
    """Words by their sorted `hashes`. The `screen` says whether any hash begins with given first bits."""

    hashes: Codes
    screen: NDArray[np.bool_]

    @classmethod
    def of(cls, words: Iterable[str]) -> Self:
        """Return a list of single words."""
        parts = batches(sorted(words), most=4_096)
        hashes = np.unique(np.concatenate([word_hashes(stream(some))[2] for some in parts]))
        screen = np.zeros(1 << 32 - _SCREENED, dtype=bool)
        screen[hashes >> np.uint32(_SCREENED)] = True
        return cls(hashes, screen)

    def among(self, hashes: Codes) -> NDArray[np.bool_]:
        """Return which of the hashes belong to words in the list."""
        found = self.screen.take(hashes >> np.uint32(_SCREENED))
        maybe = np.flatnonzero(found)
        there = hashes[maybe]
        found[maybe] = self.hashes.take(np.searchsorted(self.hashes, there), mode="clip") == there
        return found


def stream(texts: Iterable[str]) -> Codes:
    """Return the letters of the texts, with `SPACE` around every word and `END` around every text."""
    line = " \n ".join(["", *(text.replace("\n", " ") for text in texts), ""])
    codes = _TABLE.take(np.frombuffer(line.encode("utf-32-le", "replace"), dtype=np.uint32), mode="clip")
    codes = codes[codes != DROPPED]
    digits = (codes >= ord("0")) & (codes <= ord("9"))
    digits[1:] &= codes[:-1] <= ord("9")
    codes[digits] = SPACE
    same = codes[1:] == codes[:-1]
    surplus = np.zeros(len(codes), dtype=bool)
    surplus[1:] = same & (codes[1:] == SPACE)
    surplus[2:] |= same[1:] & same[:-1]
    kept: Codes = codes[~surplus]
    return kept


def word_hashes(codes: Codes) -> tuple[NDArray[np.intp], NDArray[np.intp], Codes]:
    """Return the first position, the position after the last, and the hash of every word in a stream."""
    edges = np.flatnonzero(codes < DROPPED)
    real = edges[1:] - edges[:-1] > 1
    before, behind = edges[:-1][real], edges[1:][real]
    sums = np.cumsum((codes * np.uint32(_GOLDEN) ^ codes >> np.uint32(3)) * _POWERS[: len(codes)], dtype=np.uint32)
    hashes = (sums[behind - 1] - sums[before]) * _INVERSE[before]
    return before + 1, behind, hashes ^ hashes >> np.uint32(15)


def _grams(codes: Codes, bits: int) -> Iterable[Codes]:
    """Yield the rows of the n-grams of 2 to `_LONGEST` code points at each position.

    Longer n-grams have shorter arrays.
    """
    shift, count = np.uint32(32 - bits), len(codes)
    edge = codes < DROPPED
    single = hashes = codes * np.uint32(_GOLDEN)
    inside = edge[1:]
    for length in range(2, _LONGEST + 1):
        hashes = (hashes[:-1] ^ hashes[:-1] >> np.uint32(13)) * np.uint32(_PRIME) ^ single[length - 1 :]
        if length == 2:
            crossing = edge[:-1] & edge[1:]
        else:
            inside = edge[1:-1] if length == 3 else inside[:-1] | edge[length - 2 : count - 1]
            crossing = inside
        rows = hashes * np.uint32(_SPREAD) >> shift
        rows[crossing] = 0
        yield rows


def featurise(texts: Sequence[str], bits: int, no_evidence: WordList) -> Rows:
    """Return the rows, all below `1 << bits`, of each text. Words of the list `no_evidence` count as spaces.

    All texts together must fit in one stream: see `processing.tagging.text.batches`.
    """
    codes = stream(texts)
    first, behind, hashes = word_hashes(codes)
    found = no_evidence.among(hashes)
    if found.any():
        for start, stop in zip(first[found].tolist(), behind[found].tolist(), strict=True):
            codes[start:stop] = SPACE
        behind, hashes = behind[~found], hashes[~found]
    shift = np.uint32(32 - bits)
    pairs, triples, fours = _grams(codes, bits)
    triples[behind - 1] = hashes * np.uint32(_SPREAD_WORDS) >> shift  # no triple begins at the end of a word
    blocks = _BLOCK_HASHES.take(codes) >> shift
    return Rows([blocks, pairs, triples, fours], (behind - 1, hashes), np.flatnonzero(codes == END), codes)
