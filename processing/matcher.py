"""Where the terms of all rules stand in a text: one pass of one automaton, word boundaries that fit the script."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import ahocorasick

from processing.rules import Span, Term
from processing.text import words

_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "BOPOMOFO", "YI ")
_PREFIXES = frozenset(words("و ف ب ل ك ال وال بال فال كال لل ول وب فب ولل").split())
"""What Arabic writes in one with the word behind it: and, so, in, for, like, the."""

_PART = 3
"""A shorter term is no part of a compound: `me` and `larang` do not make the Indonesian `melarang`."""


class _Scripts(dict[str, str]):
    """The script of every character met so far; an unspaced one, a digit and a space are scripts of their own."""

    def __missing__(self, character: str) -> str:
        if character.isdigit():
            script = "digit"
        else:
            name = unicodedata.name(character, "unknown")
            script = "unspaced" if name.startswith(_UNSPACED) else name.split(" ", 1)[0]
        self[character] = script
        return script


_SCRIPTS = _Scripts({" ": "space"})

RawHit = tuple[int, tuple[int, tuple[Term, ...]]]
"""The last character of a place, and the length and the terms of what stands there."""


class _Hit(NamedTuple):
    start: int
    end: int
    term: Term
    left: bool
    right: bool


class Matcher:
    """All terms of a taxonomy. Terms are compared as `processing.text.words` writes them."""

    def __init__(self, terms: Iterable[Term]) -> None:
        by_words: dict[str, list[Term]] = defaultdict(list)
        for term in terms:
            by_words[words(term.words)].append(term)
        self._automaton = ahocorasick.Automaton()
        for text, same in by_words.items():
            self._automaton.add_word(text, (len(text), tuple(same)))
        self._automaton.make_automaton()

    def raw(self, text: str) -> list[RawHit]:
        """Every place of every term in a text that `processing.text.matchable` has written, inside words too."""
        return list(self._automaton.iter(text)) if self._automaton else []

    def hits(self, text: str, raw: Sequence[RawHit]) -> dict[Term, list[Span]]:
        """Those of the raw hits that begin and end where a word does."""
        edged = [hit for last, (length, terms) in raw for hit in _edges(text, last + 1, length, terms)]
        starts = {hit.start for hit in edged if hit.right and hit.end - hit.start >= _PART}
        ends = {hit.end for hit in edged if hit.left and hit.end - hit.start >= _PART}
        found: dict[Term, list[Span]] = {}
        for start, end, term, left, right in edged:
            # a word made of terms alone (`tiktokban`) has its boundaries where they meet
            part = end - start >= _PART
            if (left or (part and start in ends)) and (right or (part and end in starts)):
                found.setdefault(term, []).append(Span(start, end))
        return found


def _edges(text: str, end: int, length: int, terms: Sequence[Term]) -> Iterable[_Hit]:
    start = end - length
    left = start == 0 or _boundary(text[start - 1], text[start]) or _prefixed(text, start)
    right = end == len(text) or _SCRIPTS[text[end - 1]] == "HANGUL" or _boundary(text[end - 1], text[end])
    return [_Hit(start, end, term, left, right or term.prefix) for term in terms]


def _boundary(before: str, after: str) -> bool:
    """Whether a word can end between two characters: at a space, between scripts, anywhere in an unspaced one."""
    one, other = _SCRIPTS[before], _SCRIPTS[after]
    return one != other or one == "unspaced"


def _prefixed(text: str, start: int) -> bool:
    return _SCRIPTS[text[start]] == "ARABIC" and text[text.rfind(" ", 0, start) + 1 : start] in _PREFIXES


def ruler(text: str) -> list[float]:
    """How many words lie before each character, and before the end; two unspaced characters count as one word."""
    at, marks = 0.0, []
    for character in text:
        marks.append(at)
        script = _SCRIPTS[character]
        at += 1.0 if script == "space" else 0.5 if script == "unspaced" else 0.0
    return [*marks, at]
