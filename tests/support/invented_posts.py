"""Posts that were invented for the rules of the topics: see `invented/README.md`."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).parent / "invented"


class Invented(NamedTuple):
    """One invented post. `on` says whether it is talk of a ban."""

    language: str
    on: bool
    kind: str
    text: str


def invented(half: str) -> list[Invented]:
    """Return the posts of `seen.tsv` or `unseen.tsv`."""
    written = (_FOLDER / f"{half}.tsv").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in written.splitlines()[1:]]
    return [Invented(language, label == "on", kind, text) for language, label, kind, text in lines]
