"""The labelled posts that language detection is tuned and measured on: which is which.

They are split by a hash of their cleaned, lower-case words, so that copies of a text never stand on both sides.
"""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from processing.tagging.language import Detected, LanguageDetector
from processing.tagging.language.detector import cleaned
from processing.tagging.language.features import DROPPED, stream
from tests.conftest import ROOT

DEFAULT_FOLDER = Path(os.environ.get("BANWATCH_TEST_DATA", ROOT.parent / "shared" / "data")) / "language"
FEW_LETTERS = 20
"""A post with fewer letters is short."""


@dataclass(frozen=True)
class LabelledPost:
    """A text, the language that people or its collection say it has, and whether it was kept out of all tuning."""

    text: str
    language: str
    source: str
    held_out: bool


def load(folder: Path) -> list[LabelledPost]:
    """Every post of `posts.ndjson.gz`; a variety counts as its language (`pt-MZ` is `pt`, `hi-Latn` stays)."""
    lines = gzip.decompress((folder / "posts.ndjson.gz").read_bytes()).splitlines()
    return [_post(json.loads(line)) for line in lines]


def _post(line: dict[str, str]) -> LabelledPost:
    letters = stream([cleaned(line["text"])])
    held_out = bool(zlib.crc32(letters[letters > DROPPED].tobytes()) & 1)
    return LabelledPost(line["text"], variety(line["lang"]), line["source"], held_out)


def variety(tag: str) -> str:
    """The language that a tag is counted under."""
    return tag if tag in {"hi-Latn", "ur-Latn"} else tag.partition("-")[0]


class Told(NamedTuple):
    """A post with its labelled language, and what a detector said of it."""

    post: LabelledPost
    found: Detected

    @property
    def right(self) -> bool:
        """Whether the language is the labelled one. A variety counts as its language."""
        return variety(self.found.language) == self.post.language

    @property
    def short(self) -> bool:
        """Whether the post has few letters."""
        return letters(self.post) < FEW_LETTERS


def letters(post: LabelledPost) -> int:
    """Return the number of letters that a detector reads in a post."""
    return sum(map(str.isalpha, cleaned(post.text)))


def tell(detector: LanguageDetector, posts: Sequence[LabelledPost]) -> list[Told]:
    """Ask a detector about posts."""
    found = detector.detect_many([post.text for post in posts])
    return [Told(post, its) for post, its in zip(posts, found, strict=True)]


def by_language(told: Iterable[Told]) -> dict[str, list[Told]]:
    """Return what was said of the posts of each language."""
    languages: dict[str, list[Told]] = {}
    for each in told:
        languages.setdefault(each.post.language, []).append(each)
    return languages


def share(told: Sequence[Told]) -> float:
    """Return the share of right answers, over posts."""
    return sum(each.right for each in told) / len(told)


def macro(told: Iterable[Told], least: int = 1) -> float:
    """Return the mean share of right answers over the languages that have at least `least` posts."""
    shares = [share(its) for its in by_language(told).values() if len(its) >= least]
    return sum(shares) / len(shares)
