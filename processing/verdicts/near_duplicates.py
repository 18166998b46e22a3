"""Who speaks: how many people say something of their own, and how much is copied.

Two texts are copies where the sequences of four letters that they hold are mostly the same (Jaccard similarity,
Broder 1997). Links, mentions, digits, emoji, spaces and accents are no letters here, and a letter of another script
that looks like a Latin one is that one: whoever changes only those has copied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from processing.tagging.text import readable, words

ALIKE = 0.65
"""Similarity from which on two texts are copies: one word of a sentence may differ, or four follow one of fifteen."""

LONG_ENOUGH = 40
"""Bytes of letters: 40 Latin ones, 20 Arabic, 13 Chinese. Of fewer, people say the same by chance."""

_GRAM = 4
_READ = 500
"""Letters of a text that are compared: its beginning."""

_PLACES = 1_024
"""Sequences are told apart by a hash of so many values. A text is a bit for each, so that the common ones are counted
sixty-four at a time."""

_ROWS = 32
"""Texts that are compared with all others at once: so few that the counts stay near the processor."""

_LOOKALIKES = str.maketrans("авекмнорстухіјѕһԁԛԝαβεικνορτυχ", "abekmhopctyxijshdqwabeiknoptux", " 0123456789")
"""What a folded text becomes: letters of one script, without spaces and digits."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Utterance:
    """One post as far as it matters here. `letters`: see `letters_of`; empty for a repost."""

    author: str
    letters: str


@dataclass(frozen=True, slots=True)
class Voices:
    """Of `posts`: `voices` people who say something of their own, `copies` who post nearly what others post.

    Each author is heard once, by the first post given: who posts all day is one voice, and cannot make copies of the
    words of more than one of the others. A repost is a person's word for what somebody else said, and the network says
    so; a copy pretends to be one's own.
    """

    posts: int
    voices: int
    copies: int


def letters_of(text: str) -> str:
    """The letters by which a text is compared; empty where they are too few to call it a copy of anything."""
    letters = words(readable(text)).translate(_LOOKALIKES)
    return letters[:_READ] if len(letters.encode()) >= LONG_ENOUGH else ""


def listen(series: Sequence[Utterance], beside: Sequence[Utterance] = ()) -> Voices:
    """Count the voices of a series. A text is a copy, too, where only posts `beside` the series say the same."""
    heard: dict[str, str] = {}
    for each in (*series, *beside):
        heard.setdefault(each.author, each.letters)
    authors = {each.author for each in series}
    others = [letters for author, letters in heard.items() if author not in authors]
    copies = int(are_copies([heard[author] for author in heard if author in authors], others).sum())
    return Voices(len(series), len(authors) - copies, copies)


def are_copies(letters: Sequence[str], beside: Sequence[str] = ()) -> Flags:
    """Of each text, one an author, whether another, here or beside, is nearly the same. Empty ones are like none."""
    times = Counter((*letters, *beside))
    texts = [text for text in times if text]  # in order: those that are asked about come first
    asked = len({text for text in letters if text})
    alike = dict(zip(texts, _have_neighbours(texts, asked), strict=False))
    return np.array([bool(text) and (times[text] > 1 or bool(alike[text])) for text in letters], dtype=bool)


def groups_of(texts: Sequence[str]) -> NDArray[np.intp]:
    """Of different letters, none empty: the number of the group of each. What has a copy in common is one group."""
    found = np.arange(len(texts))
    for rows, near, alike in _compared(texts, len(texts)):
        for row, like in zip(rows, alike, strict=True):
            if like.any():
                joined = np.unique(found[[row, *near[like]]])
                found[np.isin(found, joined[1:])] = joined[0]
    return found


def similarities(texts: Sequence[str], others: Sequence[str]) -> NDArray[np.float64]:
    """The similarity of each of these letters, a row each, to each of the others, none empty."""
    table = _sequences([*texts, *others])
    sizes = np.bitwise_count(table).sum(axis=0, dtype=np.int32)
    mine, own = table[:, : len(texts)], sizes[: len(texts), None]
    common = np.zeros((len(texts), len(others)), dtype=np.int32)
    for word, other in zip(mine, table[:, len(texts) :], strict=True):
        common += np.bitwise_count(word[:, None] & other)
    similar: NDArray[np.float64] = common / (own + sizes[len(texts) :] - common)
    return similar


def _have_neighbours(texts: Sequence[str], asked: int) -> Flags:
    """Of different texts, the first so many."""
    found = np.zeros(len(texts), dtype=bool)
    for rows, _, alike in _compared(texts, asked):
        found[rows] = alike.any(axis=1)
    return found[:asked]


def _compared(texts: Sequence[str], asked: int) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], Flags]]:
    """Compare the first so many of different texts with all: some of them, some texts, and which are alike.

    They are compared in the order of their sizes, each with those alone that are neither too short nor too long to be
    alike: two texts have no more in common than the smaller one holds.
    """
    table = _sequences(texts)
    sizes = np.bitwise_count(table).sum(axis=0, dtype=np.int16)
    order = np.argsort(sizes, kind="stable")
    table, sizes = np.ascontiguousarray(table[:, order]), sizes[order]
    places = np.flatnonzero(order < asked)
    for first in range(0, asked, _ROWS):
        rows = places[first : first + _ROWS]
        begin = int(np.searchsorted(sizes, ALIKE * sizes[rows[0]]))
        near = slice(begin, int(np.searchsorted(ALIKE * sizes, sizes[rows[-1]], side="right")))
        common = np.zeros((len(rows), near.stop - begin), dtype=np.int16)
        for word in table:
            common += np.bitwise_count(word[rows, None] & word[near])
        alike = common >= ALIKE * (sizes[rows, None] + sizes[near] - common)
        alike[np.arange(len(rows)), rows - begin] = False
        yield order[rows], order[near], alike


def _sequences(texts: Sequence[str]) -> NDArray[np.uint64]:
    """A column for each text: the bit at the place of each sequence of letters that it holds is set."""
    points = np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    texts_of = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    hashed = np.zeros(max(len(points) - _GRAM + 1, 0), dtype=np.uint64)
    for place in range(_GRAM):
        hashed = (hashed + points[place : place + len(hashed)]) * np.uint64(0x9E3779B97F4A7C15)
    begun = texts_of[: len(hashed)]
    within = begun == texts_of[_GRAM - 1 :]  # a sequence does not begin in one text and end in the next
    held = np.zeros((len(texts), _PLACES), dtype=bool)
    held[begun[within], (hashed[within] >> np.uint64(40)) % _PLACES] = True
    return np.ascontiguousarray(np.packbits(held, axis=1).view(np.uint64).T)
