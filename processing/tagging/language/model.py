"""The language model: a row of numbers for each hashed n-gram and word.

A text's mean row gives a weight for each language.

The model is linear and has two steps: rows of `width` numbers, then one matrix. Rows with one number for each language
would be four times as large. The idea is fastText's: Joulin et al., Bag of Tricks for Efficient Text Classification,
2016. `tests/benchmarks/train_language.py` makes the file `model.npz` and describes the training data.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from processing.tagging.language.features import DROPPED, Rows, WordList, featurise
from processing.tagging.text import batches

Weights = NDArray[np.float32]
Table = Weights | NDArray[np.int16]
"""Rows of numbers. A shipped model has small integers, so sums are exact, and a text's weight is the same to the last
bit in every batch. A model in training has fractions."""

_SURENESS = 0.8
"""The factor for the model's weights. Training makes the model too sure; with the factor, its probabilities are the
shares of right answers."""


class Prediction(NamedTuple):
    """The model's result for a batch of texts.

    `probabilities` has a row for each text and a column for each language. `letters` counts each text's letters,
    without words that are no evidence. `familiar` is the share of these letters that training has met, from 0 to 1.
    `words` counts the remaining words, and `hindustani` counts those in the model's list.
    """

    probabilities: Weights
    letters: NDArray[np.intp]
    familiar: Weights
    words: NDArray[np.intp]
    hindustani: NDArray[np.intp]


class Model(NamedTuple):
    """A language model.

    The shapes are `rows` (1 << bits, width), `output` (width, languages) and `bias` (languages). `met` marks the
    letters that training has met. `english` holds checksums (zlib.crc32) of common English words. Words in
    `no_evidence` are left out, and words in `hindustani` are counted.
    """

    languages: tuple[str, ...]
    rows: Table
    output: Weights
    bias: Weights
    met: NDArray[np.bool_]
    english: frozenset[int]
    no_evidence: WordList
    hindustani: WordList

    @classmethod
    def shipped(cls, no_evidence: WordList, hindustani: WordList) -> Self:
        """Return the model in this package, with these lists of words."""
        with resources.files(__package__).joinpath("model.npz").open("rb") as file, np.load(file) as saved:
            return cls(
                tuple(saved["languages"].tolist()),
                saved["rows"].astype(np.int16),
                saved["output"] * saved["scale"][:, None],
                saved["bias"],
                np.unpackbits(saved["met"]).view(np.bool_),
                frozenset(saved["english"].tolist()),
                no_evidence,
                hindustani,
            )

    @property
    def bits(self) -> int:
        """The number of a hash's bits that give the number of a row."""
        return len(self.rows).bit_length() - 1

    def read(self, texts: Sequence[str]) -> Prediction:
        """Weigh each text. A text without letters has zero `letters`, and its probabilities have no meaning."""
        parts = [self._read(batch) for batch in batches(texts)]
        return Prediction(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def _read(self, texts: Sequence[str]) -> Prediction:
        rows = featurise(texts, self.bits, self.no_evidence)
        letter = rows.codes > DROPPED
        met = letter & self.met.take(rows.codes)
        letters = rows.marked(letter)
        familiar = rows.marked(met) / np.maximum(letters, 1)
        hindustani = rows.per_text(self.hindustani.among(rows.words[1]))
        return Prediction(self._softmax(rows), letters, familiar.astype(np.float32), rows.per_text(), hindustani)

    def _softmax(self, rows: Rows) -> Weights:
        weights: Weights = np.einsum("tw,wl->tl", pooled(self.rows, rows), self.output)  # not `@`: see `Table`
        weights += self.bias
        weights *= np.float32(_SURENESS)
        weights -= weights.max(axis=1, keepdims=True)
        np.exp(weights, out=weights)
        weights /= weights.sum(axis=1, keepdims=True)
        return weights


def pooled(table: Table, rows: Rows) -> Weights:
    """Return the mean row of each text: the sum of its rows, divided by the number of its positions."""
    first, *further = rows.features
    places = table.take(first, axis=0, mode="clip")
    for feature in further:
        places[: len(feature)] += table.take(feature, axis=0, mode="clip")
    wide = np.int32 if table.dtype == np.int16 else np.float32
    sums = np.add.reduceat(places, rows.ends[:-1], axis=0, dtype=wide).astype(np.float32, copy=False)
    sums /= np.diff(rows.ends)[:, None]
    return sums
