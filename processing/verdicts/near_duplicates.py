"""Who speaks: how many people say something of their own, and how much is copied.

Texts are compared by MinHash signatures, which the store computes: two texts agree in a place of their signatures
with the probability of their Jaccard similarity over the n-grams of that place (Broder 1997).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALIKE = 8 / 12
"""Share of equal places from which on two texts are copies: a few words of a sentence may differ."""

SHARED = 5
"""Of twelve places, two copies agree in one of any five at least, so that few pairs need to be compared."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One post as far as it matters here. An empty signature: too short to be called a copy of anything."""

    author: str
    is_repost: bool
    signature: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Voices:
    """Of `posts`: `voices` people who say something of their own, `copies` near-identical texts that are no reposts.

    A voice is an author, once, with a repost or with a text of which nobody else posted a copy before. A repost
    is a person's word for what somebody else said, and the network says so; a copy pretends to be one's own.
    """

    posts: int
    voices: int
    copies: int


def listen(utterances: Sequence[Utterance]) -> Voices:
    """Count the voices, in the order given."""
    groups = group_alike([each.signature if not each.is_repost else () for each in utterances])
    sizes = Counter(group for group in groups if group is not None)
    heard_authors: set[str] = set()
    heard_texts: set[int] = set()
    voices = 0
    for each, group in zip(utterances, groups, strict=True):
        voices += each.author not in heard_authors and group not in heard_texts
        heard_authors.add(each.author)
        if group is not None:
            heard_texts.add(group)
    copies = sum(size for size in sizes.values() if size > 1)
    return Voices(len(utterances), voices, copies)


def group_alike(signatures: Sequence[tuple[int, ...]]) -> list[int | None]:
    """A number for each signature, the same for copies of the same text; None for an empty one.

    Each text joins the first whose copy it is, so that no chain of small changes joins different texts.
    """
    groups: list[int | None] = [None] * len(signatures)
    compared = [place for place, signature in enumerate(signatures) if signature]
    if not compared:
        return groups
    table: NDArray[np.uint64] = np.array([signatures[place] for place in compared], dtype=np.uint64)
    firsts: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for row, place in enumerate(compared):
        keys = list(enumerate(signatures[place][:SHARED]))
        alike = _first_alike(table, row, sorted({each for key in keys for each in firsts[key]}))
        groups[place] = row if alike is None else alike
        if alike is None:
            for key in keys:
                firsts[key].append(row)
    return groups


def _first_alike(table: NDArray[np.uint64], row: int, candidates: list[int]) -> int | None:
    """The first of these rows that this one is a copy of."""
    if not candidates:
        return None
    same = (table[candidates] == table[row]).mean(axis=1) >= ALIKE
    return candidates[int(same.argmax())] if same.any() else None
