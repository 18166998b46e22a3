"""The labelled posts that language detection is tuned and measured on: which is which.

They are split by a hash of their cleaned, lower-case words, so that copies of a text never stand on both sides.
"""

from __future__ import annotations

import gzip
import json
import os
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from processing.tagging.language.detector import cleaned
from processing.tagging.language.features import DROPPED, stream
from tests.conftest import ROOT

DEFAULT_FOLDER = Path(os.environ.get("BANWATCH_TEST_DATA", ROOT.parent / "shared" / "data")) / "language"


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


def per_language(posts: Iterable[LabelledPost], right: Callable[[LabelledPost], bool]) -> dict[str, tuple[int, int]]:
    """How many posts of each language are right, and how many there are."""
    counts: dict[str, tuple[int, int]] = {}
    for post in posts:
        hits, every = counts.get(post.language, (0, 0))
        counts[post.language] = hits + right(post), every + 1
    return counts
