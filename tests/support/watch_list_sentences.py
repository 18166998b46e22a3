"""The invented sentences on the shipped watch lists, and what their rules make of them.

They stand in `tests/processing/tagging/watch_lists.toml`, which says how they were written. The language of a sentence
is what the default detector says of it, as in the pipeline.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from processing.tagging.language import DETECTORS
from processing.tagging.topics import Taxonomy
from tests.conftest import ROOT

SENTENCES = ROOT / "tests" / "processing" / "tagging" / "watch_lists.toml"
PARTS = ("tuned", "held", "fresh", "oblique_seen", "oblique_unseen", "oblique_later", "everyday")


@dataclass(frozen=True)
class Said:
    """A sentence: the root of its list, its part, its language, whether it is on the subject, and what was found."""

    root: str
    part: str
    language: str
    text: str
    on: bool
    found: bool


def judged(taxonomy: Taxonomy) -> tuple[Said, ...]:
    """Return every sentence with what a taxonomy makes of it."""
    given = list(_given())
    detector = DETECTORS["vote"]()
    languages = detector.detect_many([text for *_, text, _ in given], [()] * len(given))
    return tuple(
        Said(root, part, language, text, on, root in taxonomy.tag(text, detected.language, "bench"))
        for (root, part, language, text, on), detected in zip(given, languages, strict=True)
    )


def _given() -> Iterator[tuple[str, str, str, str, bool]]:
    for root, halves in tomllib.loads(SENTENCES.read_text("utf-8")).items():
        for part, languages in halves.items():
            for language, sentences in languages.items():
                for kind, texts in sentences.items():
                    yield from ((root, part, language, text, kind == "on") for text in texts)


def quality(said: Sequence[Said]) -> tuple[float, float]:
    """Return the precision and the recall."""
    counts = Counter((each.on, each.found) for each in said)
    right = counts[True, True]
    return right / ((right + counts[False, True]) or 1), right / ((right + counts[True, False]) or 1)
