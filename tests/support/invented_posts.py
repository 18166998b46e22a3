"""Posts that were invented for the rules of the topics: see `invented/README.md`."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).parent / "invented"

DENYING = frozenset(["denial", "retraction"])
"""The kinds of the posts that say that there is no ban, or that it was withdrawn."""


class Invented(NamedTuple):
    """One invented post. `on` says whether it is talk of a ban."""

    language: str
    on: bool
    kind: str
    text: str


def invented(half: str) -> list[Invented]:
    """Return the posts of `seen.tsv` or `unseen.tsv`."""
    return _read(half)


def denied(half: str) -> list[Invented]:
    """Return the half `seen` or `unseen` of `denied.tsv`: the posts whose SHA-256 is even, or odd."""
    odd = ("seen", "unseen").index(half)
    return [post for post in _read("denied") if sha256(post.text.encode()).digest()[-1] % 2 == odd]


def stances() -> list[Invented]:
    """Return the posts of `stances.tsv`: denials, and what is easily taken for one."""
    return _read("stances")


def _read(name: str) -> list[Invented]:
    written = (_FOLDER / f"{name}.tsv").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in written.splitlines()[1:]]
    return [Invented(language, label == "on", kind, text) for language, label, kind, text in lines]
