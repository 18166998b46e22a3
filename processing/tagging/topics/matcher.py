"""The matcher finds the terms of rules in a text, with one pass of an automaton and word boundaries for each script."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

import ahocorasick

from processing.tagging.text import words
from processing.tagging.topics.rule_tree import Term

_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "BOPOMOFO", "YI ")
_ENDING_ANYWHERE = frozenset(["unspaced", "HANGUL"])
_PREFIXES = frozenset(words("و ف ب ل ك ال وال بال فال كال لل ول وب فب ولل").split())
"""The Arabic words that are written together with the next word: and, so, in, for, like, the."""
_LONGEST_PREFIX = max(map(len, _PREFIXES))

_PART = 3
"""The shortest term that can be part of a compound: `me` and `larang` do not make the Indonesian `melarang`."""
_LONG_PART = 5
"""The least length of the longer of two parts: `ban` and `nie` do not make the French `bannie`."""
_LONGEST_HASHTAG = 100
_JOINED = 6
"""The shortest phrase that also matches without its spaces, as in hashtags: `to day` does not match `today`."""


_SHORT = 500
"""The most characters of a text in which counting spaces for each place is faster than measuring the whole text."""
_MAYBE_UNSPACED = re.compile("[\u0e00-\U0010ffff]")
"""Every script in front of Thai has spaces between its words."""

Span = tuple[int, int]
"""A span of a text: its first character, and the character after it."""

Place = tuple[int, int, int, int]
"""A place: its first character and the character after it, and the same two positions in half words."""

Hit = tuple[int, Span]
"""The mask of the terms that stand at a span, and the span."""


class _Scripts(dict[str, str]):
    """The script of every character met so far. An unspaced script, digits and the space are scripts of their own."""

    def __missing__(self, character: str) -> str:
        if character.isdigit():
            script = "digit"
        else:
            name = unicodedata.name(character, "unknown")
            script = "unspaced" if name.startswith(_UNSPACED) else name.split(" ", 1)[0]
        self[character] = script
        return script


class _Widths(dict[str, int]):
    """The width in half words of every character met so far.

    A space, which ends a word, has 2; a character of an unspaced script has 1; any other has 0.
    """

    def __missing__(self, character: str) -> int:
        width = self[character] = 2 if character == " " else 1 if _SCRIPTS[character] == "unspaced" else 0
        return width


_SCRIPTS = _Scripts({" ": "space"})
_WIDTHS = _Widths()


class _Loose(NamedTuple):
    """A hit that lacks a word boundary at one of its ends."""

    start: int
    end: int
    mask: int
    left: bool
    right: bool


class Matcher:
    """Finds terms in texts that `processing.tagging.text.words` has folded.

    `masks` has a bit mask for each term, which tells whose hit a hit is.
    """

    def __init__(self, masks: Mapping[Term, int]) -> None:
        by_words: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for term, mask in masks.items():
            for written in writings(term):
                by_words[written][term.prefix] |= mask
        values = [(len(written), *both) for written, both in by_words.items()]
        once = dict(zip(values, values, strict=True))  # the terms of a set have equal masks, which take much memory
        self._automaton = automaton(zip(by_words, map(once.__getitem__, values), strict=True))

    def hits(self, text: str) -> list[Hit]:
        """Return every hit that stands at word boundaries. `text` comes from `processing.tagging.text.matchable`."""
        found: list[Hit] = []
        loose: list[_Loose] = []
        size, scripts = len(text), _SCRIPTS
        for last, (length, whole, begun) in self._automaton.iter(text) if self._automaton else ():
            end = last + 1
            start = end - length
            left = not start or (before := text[start - 1]) == " "
            if not left and (scripts[before] != scripts[text[start]] or not text[start].isascii()):
                left = begins_word(text, start)
            if not left and length < _PART:
                continue  # most hits: `us` in `because`
            right = end == size or text[end] == " " or ends_word(text, end)
            if left and (right or begun):
                found.append((whole | begun if right else begun, (start, end)))
            if length < _PART or (left and right):
                continue
            if whole:
                loose.append(_Loose(start, end, whole, left, right))
            if begun and not left:
                loose.append(_Loose(start, end, begun, left, right=True))
        if loose:
            found += _compounds([span for _, span in found], [_at_seams(text, hit) for hit in loose])
        return found


@lru_cache(maxsize=1 << 14)
def writings(term: Term) -> tuple[str, ...]:
    """Return the words of a term, and the same without their spaces."""
    written = words(term.words)
    joined = "".join(term.words.split())
    if words(joined) == written.replace(" ", "") != written and len(joined) >= _JOINED:
        return written, words(joined)
    return (written,)


def automaton(values: Iterable[tuple[str, object]]) -> ahocorasick.Automaton:
    """Return the automaton that finds texts and yields their values."""
    made = ahocorasick.Automaton()
    for text, value in values:
        made.add_word(text, value)
    made.make_automaton()
    return made


def _at_seams(text: str, hit: _Loose) -> _Loose:
    """Return a hit in a whole hashtag with boundaries where the hashtag's words meet.

    `matchable` writes a hashtag whole after its words, so `metro` is found in `metro strike metrostrike`.
    """
    start, end = text.rfind(" ", 0, hit.start) + 1, text.find(" ", hit.end)
    whole = text[start : end if end >= 0 else len(text)]
    if start < 2 or text[start - 2] != whole[-1] or len(whole) > _LONGEST_HASHTAG:
        return hit  # nearly always, because a whole hashtag ends like the last of its words
    seams, rest, behind = {start}, len(whole), start - 1
    while rest > 0 and behind > 0:
        first = text.rfind(" ", 0, behind) + 1
        rest -= behind - first
        if rest < 0 or not whole.startswith(text[first:behind], rest):
            return hit
        seams.add(start + rest)
        behind = first - 1
    if rest:
        return hit
    return hit._replace(left=hit.left or hit.start in seams, right=hit.right or hit.end in seams)


def _compounds(known: Iterable[Span], loose: list[_Loose]) -> list[Hit]:
    """Return the hits in a word made of terms alone (`metrostrikeparis`), whose boundaries are where the terms meet."""
    ends: dict[int, int] = {}
    starts: dict[int, int] = {}
    for start, end in known:
        if end - start >= _PART:
            ends[end] = max(ends.get(end, 0), end - start)
            starts[start] = max(starts.get(start, 0), end - start)
    last, first = {hit.end for hit in loose}.union(ends), {hit.start for hit in loose}.union(starts)
    if not any((hit.left or hit.start in last) and (hit.right or hit.end in first) for hit in loose):
        return []  # nearly always: the term is part of a word that no rule names
    begun: set[_Loose] = set()
    for hit in sorted(loose):
        if hit.left or _meets(ends.get(hit.start, 0), hit):
            begun.add(hit)
            ends[hit.end] = max(ends.get(hit.end, 0), hit.end - hit.start)
    found = []
    for hit in sorted(loose, reverse=True):
        if hit.right or _meets(starts.get(hit.end, 0), hit):
            starts[hit.start] = max(starts.get(hit.start, 0), hit.end - hit.start)
            if hit in begun:
                found.append((hit.mask, (hit.start, hit.end)))
    return found


def _meets(length: int, hit: _Loose) -> bool:
    return length >= (_PART if hit.end - hit.start >= _LONG_PART else _LONG_PART)


def begins_word(text: str, at: int) -> bool:
    """Return whether a word can begin at a character: after a space, another script or an Arabic prefix."""
    if at == 0:
        return True
    before, after = _SCRIPTS[text[at - 1]], _SCRIPTS[text[at]]
    return before != after or after == "unspaced" or (after == "ARABIC" and _prefixed(text, at))


def ends_word(text: str, at: int) -> bool:
    """Return whether a word can end before a character.

    A Korean word can end anywhere, because particles follow unspaced.
    """
    if at == len(text):
        return True
    before, after = _SCRIPTS[text[at - 1]], _SCRIPTS[text[at]]
    return before != after or before in _ENDING_ANYWHERE


def _prefixed(text: str, start: int) -> bool:
    return text[max(0, start - _LONGEST_PREFIX - 1) : start].rpartition(" ")[2] in _PREFIXES


@lru_cache(maxsize=1)
def ruler(text: str) -> Sequence[int]:
    """Return the number of half words before each character, and before the end."""
    return list(accumulate(map(_WIDTHS.__getitem__, text), initial=0))


def located(text: str, spans: Sequence[Span]) -> list[Place]:
    """Return spans of a text as places."""
    if len(text) <= _SHORT and not _MAYBE_UNSPACED.search(text):  # only spaces separate its words
        count = text.count
        return [(start, end, 2 * count(" ", 0, start), 2 * count(" ", 0, end)) for start, end in spans]
    words = ruler(text)
    return [(start, end, words[start], words[end]) for start, end in spans]
