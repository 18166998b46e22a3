"""Posts that were written by hand, each with the claim that it makes, and how well claims that were found agree."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingest.contract import Post
from processing.claims.find import ClaimPost
from processing.tagging.topics import Taxonomy, load_taxonomy
from tests.conftest import NOON, ROOT
from tests.support.parts import shipped_enricher

POSTS = Path(__file__).with_name("claim_posts.toml")


class Labelled(NamedTuple):
    """A post with the claim that it makes."""

    post: ClaimPost
    claim: str


def subtopics_of(taxonomy: Taxonomy, topics: Sequence[str]) -> frozenset[str]:
    return taxonomy.subtopics("ban").intersection(topics)


def labelled(half: str) -> list[Labelled]:
    """The posts of one half of the set, with the language that they were written in and the topics that rules find."""
    claims: Mapping[str, Mapping[str, Sequence[str]]] = tomllib.loads(POSTS.read_text("utf-8"))[half]
    written = [
        (c, lang, text) for c, by_language in claims.items() for lang, texts in by_language.items() for text in texts
    ]
    posts = [
        Post(source="written", id=f"{half}-{number}", text=text, created_at=NOON + timedelta(minutes=number))
        for number, (_, _, text) in enumerate(written)
    ]
    taxonomy = load_taxonomy(ROOT / "deploy/config/topics.toml")
    return [
        Labelled(
            ClaimPost("written", p.id, p.created_at, lang, p.id, p.text, subtopics_of(taxonomy, tagged.topics)), claim
        )
        for p, tagged, (claim, lang, _) in zip(posts, shipped_enricher().tag_many(posts), written, strict=True)
    ]


class Pairs(NamedTuple):
    """Pairs of posts: in one claim by the labels, in one as found, and both."""

    labelled: int
    found: int
    both: int

    @property
    def f1(self) -> float:
        return 2 * self.both / max(1, self.labelled + self.found)


def pairs(truth: Sequence[str], found: Sequence[str], of: NDArray[np.bool_] | None = None) -> Pairs:
    """Count pairs. `of` restricts them to those with at least one of some posts."""
    same = [np.equal.outer(np.array(names), np.array(names)) for names in (truth, found)]
    counted = np.triu(np.ones_like(same[0]), 1)
    if of is not None:
        counted &= np.logical_or.outer(of, of)
    return Pairs(
        int((same[0] & counted).sum()), int((same[1] & counted).sum()), int((same[0] & same[1] & counted).sum())
    )
