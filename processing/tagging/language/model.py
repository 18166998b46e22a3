"""The model: a row of numbers for each hashed n-gram and word; a text's mean row gives a weight for each language.

Linear, and in two steps (rows of `width` numbers, then one matrix) because rows of one number for each language
would be four times as large. The idea is fastText's: Joulin et al., Bag of Tricks for Efficient Text
Classification, 2016. The file `model.npz` is made by `tests/benchmarks/train_language.py`, which says from what.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from processing.tagging.language.features import DROPPED, Rows, WordList, batches, featurise

Weights = NDArray[np.float32]
Table = Weights | NDArray[np.int16]
"""Rows of numbers: small whole ones in a model that is read, so that sums are exact and a text's weight is the same
to the last bit whatever stands beside it in a batch; others in one that is trained."""

_SURENESS = 0.8
"""Training makes the model too sure of itself; times this, its probabilities are the shares of right answers."""


class Prediction(NamedTuple):
    """What the model makes of a batch of texts.

    `probabilities` has a row a text and a column a language; `letters` counts each text's letters without those
    of words that are no evidence; `familiar` is the share of them that training has met, 0..1; `words` counts the
    other words, `hindustani` those of them that are in the model's list.
    """

    probabilities: Weights
    letters: NDArray[np.intp]
    familiar: Weights
    words: NDArray[np.intp]
    hindustani: NDArray[np.intp]


class Model(NamedTuple):
    """`rows` (1 << bits, width), `output` (width, languages), `bias` (languages); which letters it has
    `met`; the checksums (zlib.crc32) of common `english` words; the words that are
    `no_evidence` and left out, and the `hindustani` ones, which are counted."""

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
        """The model in this package, with these lists of words."""
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
        """Of a hash that are a row's number."""
        return len(self.rows).bit_length() - 1

    def read(self, texts: Sequence[str]) -> Prediction:
        """Weigh each text. A text without letters has zero `letters`, and its probabilities mean nothing."""
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
    """The mean row of each text: the sum over its rows, divided by its positions."""
    places = np.zeros((len(rows.codes), table.shape[1]), dtype=table.dtype)
    for grams in rows.grams:
        places[: len(grams)] += table.take(grams, axis=0, mode="clip")
    for at, there in rows.further:
        places[at] += table.take(there, axis=0, mode="clip")
    wide = np.int32 if table.dtype == np.int16 else np.float32
    sums = np.add.reduceat(places, rows.ends[:-1], axis=0, dtype=wide).astype(np.float32, copy=False)
    sums /= np.diff(rows.ends)[:, None]
    return sums
