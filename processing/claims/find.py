"""Groups the posts of an incident into claims. The same posts give the same claims, in whatever order they are given.

1. Posts with nearly the same letters are one group (`processing.verdicts.near_duplicates`). The text that most of its
   people wrote speaks for it.
2. The texts that speak for the largest groups of each language become vectors, by a model that reads all languages.
   What the texts of a language have in common is taken away, and half of what those of the incident have.
3. Two groups are as alike as their vectors, and more or less so as the sub-topics that the rules found in them agree.
   Average linkage joins them.
4. A group that is not compared joins the claim of the group whose letters are most like its own, if they are alike
   enough.

Without a model, each group of step 1 is a claim.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import resources
from typing import NamedTuple, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from processing.claims.linkage import Matrix, linked
from processing.tagging.text import readable, words
from processing.verdicts.near_duplicates import groups_of, letters_of, similarities

VERSION = "1"
"""The version of the method. It changes with whatever changes what is one claim."""

_ROWS = 500
"""Texts whose letters are compared with those of others at once."""

Numbers = NDArray[np.intp]


class ClaimPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of the method; `make bench-claims` prints what they give.

    `threshold`: the average likeness from which groups are one claim. `common`: of what the vectors of an incident have
    in common, the part that is taken away. `rules`: how much the agreement of sub-topics counts beside the vectors.
    `attached`: the similarity of letters from which a group that is not compared joins another. `most_compared`: groups
    whose vectors are compared.
    """

    threshold: float = 0.14
    common: float = 0.5
    rules: float = 0.4
    attached: float = 0.3
    most_compared: int = 1_000


class ClaimPost(NamedTuple):
    """A post of an incident, as far as it matters here. `subtopics` are those that the rules found in it."""

    source: str
    id: str
    created_at: datetime
    language: str
    author: str
    text: str
    subtopics: frozenset[str] = frozenset()


class VectorOf(Protocol):
    """Gives the vector of a text: None where it is still to be made, zeros where the model cannot read the text."""

    def __call__(self, text: str) -> NDArray[np.float32] | None: ...


class Placed(NamedTuple):
    """The claim that a post makes, and how far the post is from the middle of the claim, in hundredths."""

    post: ClaimPost
    claim: str
    distance: int


class Claims(NamedTuple):
    """Every post with its claim, and the number of texts whose vectors are still to be made."""

    posts: Sequence[Placed]
    waiting: int


class Group(NamedTuple):
    """Posts with nearly the same letters, in order of time; `spoken` speaks for them. `letters` may be empty."""

    posts: Sequence[ClaimPost]
    spoken: ClaimPost
    letters: str
    people: int

    @property
    def text(self) -> str:
        """What the model reads: words, without links and mentions."""
        return " ".join(readable(self.spoken.text).split())


def find_claims(
    posts: Sequence[ClaimPost], vector_of: VectorOf | None = None, policy: ClaimPolicy | None = None
) -> Claims:
    """Find the claims of an incident's posts."""
    policy = policy or ClaimPolicy()
    groups = grouped(posts)
    joined, distances, waiting = np.arange(len(groups)), np.zeros(len(groups)), 0
    if vector_of is not None:
        chosen = in_turn(groups)[: policy.most_compared]
        rows = {number: vector_of(groups[number].text) for number in chosen}
        # Zeros are like nothing. Without what its language has in common, such a vector would be like all of its kind.
        vectors = {number: row for number, row in rows.items() if row is not None and row.any()}
        joined, distances = _across_languages(groups, vectors, policy)
        waiting = sum(row is None for row in rows.values())
    return Claims([*_placed(groups, joined, distances)], waiting)


def grouped(posts: Sequence[ClaimPost]) -> Sequence[Group]:
    """Posts with nearly the same letters, or the same few words, as one group; those of most people first."""
    said: dict[tuple[str, str], list[ClaimPost]] = defaultdict(list)
    for post in sorted(posts, key=_arrival):
        letters = letters_of(post.text)
        said[letters, "" if letters else words(readable(post.text)) or post.text].append(post)
    texts = sorted(letters for letters, _ in said if letters)
    number_of = dict(zip(texts, groups_of(texts).tolist(), strict=True))
    members: dict[object, list[tuple[str, list[ClaimPost]]]] = defaultdict(list)
    for (letters, short), those in said.items():
        members[number_of[letters] if letters else short].append((letters, those))
    return sorted(map(_group, members.values()), key=lambda group: (-group.people, _arrival(group.posts[0])))


def _group(wordings: Sequence[tuple[str, Sequence[ClaimPost]]]) -> Group:
    letters, most_said = min(wordings, key=lambda each: (-_people(each[1]), _arrival(each[1][0])))
    posts = sorted((post for _, those in wordings for post in those), key=_arrival)
    return Group(posts, most_said[0], letters, _people(posts))


def _arrival(post: ClaimPost) -> tuple[datetime, str, str]:
    return post.created_at, post.source, post.id


def _people(posts: Sequence[ClaimPost]) -> int:
    """A post without an author counts as an author of its own."""
    return len({post.author or f"-{post.id}" for post in posts})


def in_turn(groups: Sequence[Group]) -> Sequence[int]:
    """The numbers of groups in the order in which they are compared: the largest of each language first.

    A language with few posts is not crowded out by one with many.
    """
    seen: Counter[str] = Counter()
    place = {}
    for number, group in enumerate(groups):
        place[number] = seen[group.spoken.language]
        seen[group.spoken.language] += 1
    return sorted(place, key=lambda number: (place[number], number))


def _across_languages(
    groups: Sequence[Group], vectors: Mapping[int, NDArray[np.float32]], policy: ClaimPolicy
) -> tuple[Numbers, NDArray[np.float64]]:
    """The claim of each group, as the number of one of its groups, and the distance of each from its claim's middle."""
    joined, distances = np.arange(len(groups)), np.ones(len(groups))
    if not vectors:
        return joined, distances
    known = np.array(sorted(vectors))
    compared = [groups[number] for number in known]
    centred = centred_by_language(
        np.stack([vectors[number] for number in known]), [group.spoken.language for group in compared], policy.common
    )
    subtopics = [group.spoken.subtopics for group in compared]
    claims = linked(centred @ centred.T + policy.rules * agreement(subtopics), policy.threshold)
    joined[known] = known[claims]
    weights = np.array([group.people for group in compared])
    for claim in np.unique(claims):
        members = np.flatnonzero(claims == claim)
        middle = _of_length_one(weights[members] @ centred[members])
        distances[known[members]] = 1.0 - centred[members] @ middle
    _attach(groups, known, joined, policy.attached)
    return joined, distances


def centred_by_language(vectors: Matrix, languages: Sequence[str], common: float) -> NDArray[np.float64]:
    """Vectors without what those of a language have in common, and without a part of what those of all have.

    What a language has in common is known from posts of that language (`language_centres`). A language that is not
    among them is taken for the one whose centre is nearest.
    """
    centres = language_centres()
    known = np.stack([*centres.values()])
    centred = np.array(vectors, dtype=np.float64)
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row, language in enumerate(languages):
        rows_of[language].append(row)
    for language, rows in rows_of.items():
        centre = centres.get(language)
        if centre is None:
            centre = known[np.linalg.norm(known - centred[rows].mean(axis=0), axis=1).argmin()]
        centred[rows] -= centre
    of_each = [centred[rows].mean(axis=0) for _, rows in sorted(rows_of.items())]
    return _of_length_one(centred - common * np.mean(of_each, axis=0))


def _of_length_one(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths: NDArray[np.float64] = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(lengths, 1e-9)


@cache
def language_centres() -> Mapping[str, NDArray[np.float32]]:
    """The mean vector of posts of each language, as `python -m tests.benchmarks.claims --centres` has made it."""
    with resources.files("processing.claims").joinpath("centres.npz").open("rb") as file, np.load(file) as stored:
        return {language: stored[language].astype(np.float32) for language in sorted(stored)}


def agreement(subtopics: Sequence[frozenset[str]]) -> NDArray[np.float64]:
    """How much the sub-topics of each two agree: 0.5 where they are the same, -0.5 where they have none in common.

    It is what both have of what one of them has, less a half; 0 where the rules found none in one of them.
    """
    names = sorted(frozenset().union(*subtopics))
    held = np.array([[name in each for name in names] for each in subtopics], dtype=np.float64)
    held = held.reshape(len(subtopics), len(names))
    sizes, both, tagged = held.sum(axis=1), held @ held.T, held.any(axis=1)
    either: NDArray[np.float64] = np.maximum(np.add.outer(sizes, sizes) - both, 1.0)
    return (both / either - 0.5) * np.outer(tagged, tagged)


def _attach(groups: Sequence[Group], known: Numbers, joined: Numbers, least: float) -> None:
    """Let each group that was not compared join the claim of the compared one with the most similar letters."""
    targets = [number for number in known.tolist() if groups[number].letters]
    compared = set(known.tolist())
    others = [number for number, group in enumerate(groups) if group.letters and number not in compared]
    if not targets:
        return
    letters = [groups[number].letters for number in targets]
    for first in range(0, len(others), _ROWS):
        some = others[first : first + _ROWS]
        similar = similarities([groups[number].letters for number in some], letters)
        for number, row in zip(some, similar, strict=True):
            nearest = int(row.argmax())
            if row[nearest] >= least:
                joined[number] = joined[targets[nearest]]


def _placed(groups: Sequence[Group], joined: Numbers, distances: NDArray[np.float64]) -> Iterator[Placed]:
    """Each post with its claim, which is named after the first of its posts."""
    first: dict[int, ClaimPost] = {}
    for number, claim in enumerate(joined.tolist()):
        begun = groups[number].posts[0]
        first[claim] = min(first.get(claim, begun), begun, key=_arrival)
    names = {claim: _name(post) for claim, post in first.items()}
    for group, claim, distance in zip(groups, joined.tolist(), distances.tolist(), strict=True):
        hundredths = max(0, round(100 * distance))
        for post in group.posts:
            differs = post.text != group.spoken.text
            yield Placed(post, names[claim], hundredths + differs)


def _name(post: ClaimPost) -> str:
    return hashlib.blake2s(f"{post.source}\0{post.id}".encode(), digest_size=6).hexdigest()
