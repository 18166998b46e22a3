"""Where the terms of rules stand in a text: one pass of one automaton, word boundaries that fit the script."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple

import ahocorasick

from processing.tagging.text import skimmed, words
from processing.tagging.topics.rule_tree import Term

_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "BOPOMOFO", "YI ")
_ENDING_ANYWHERE = frozenset(["unspaced", "HANGUL"])
_PREFIXES = frozenset(words("و ف ب ل ك ال وال بال فال كال لل ول وب فب ولل").split())
"""What Arabic writes in one with the word behind it: and, so, in, for, like, the."""
_LONGEST_PREFIX = max(map(len, _PREFIXES))

_PART = 3
"""A shorter term is no part of a compound: `me` and `larang` do not make the Indonesian `melarang`."""
_LONG_PART = 5
"""One of two parts is as long: `ban` and `nie` do not make the French `bannie`."""
_LONGEST_HASHTAG = 100
_JOINED = 6
"""A phrase is also looked for without its spaces, as hashtags write it, if it is as long: `to day` is no `today`."""


Span = tuple[int, int]
"""A place in a text: its first character, and the one behind it."""


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


class _Widths(dict[str, int]):
    """How far every character met so far carries on: a space is a word's end, two unspaced characters are a word."""

    def __missing__(self, character: str) -> int:
        width = self[character] = 2 if character == " " else 1 if _SCRIPTS[character] == "unspaced" else 0
        return width


_SCRIPTS = _Scripts({" ": "space"})
_WIDTHS = _Widths()


class _Hit(NamedTuple):
    start: int
    end: int
    number: int
    left: bool
    right: bool


class Matcher:
    """Terms, compared as `processing.tagging.text.words` writes them, and known by their place in the order given."""

    def __init__(self, terms: Iterable[Term]) -> None:
        by_words: dict[str, list[tuple[int, bool]]] = defaultdict(list)
        for number, term in enumerate(terms):
            for written in _writings(term):
                by_words[written].append((number, term.prefix))
        self._automaton = _automaton((text, (len(text), tuple(same))) for text, same in by_words.items())

    def any_in(self, text: str) -> bool:
        """Whether any term stands in a text, be it inside a word."""
        return _any_in(self._automaton, text)

    def hits(self, text: str) -> dict[int, list[Span]]:
        """Where terms begin and end as words do, in a text that `processing.tagging.text.matchable` has written."""
        found: dict[int, list[Span]] = {}
        loose: list[_Hit] = []
        size = len(text)
        for last, (length, terms) in self._automaton.iter(text) if self._automaton else ():
            end = last + 1
            start = end - length
            left = not start or text[start - 1] == " " or begins_word(text, start)
            if not left and length < _PART:
                continue  # most hits: `us` in `because`
            right = end == size or text[end] == " " or ends_word(text, end)
            for number, prefix in terms:
                if left and (right or prefix):
                    found.setdefault(number, []).append((start, end))
                elif length >= _PART:
                    loose.append(_Hit(start, end, number, left, right or prefix))
        if loose:
            _join_compounds(found, [_at_seams(text, hit) for hit in loose])
        return found


class Skim:
    """What texts that hold any of some terms have in common, to be looked for before anything is folded."""

    def __init__(self, terms: Iterable[Term]) -> None:
        longest = {max(written.split(), key=len) for term in terms for written in _writings(term)}
        self._automaton = _automaton((word, True) for word in longest)

    def may_hold(self, text: str) -> bool:
        """Whether `Matcher.any_in` may be true of `matchable(text)`; where this is false, it is not."""
        shown = skimmed(text)
        return shown is None or _any_in(self._automaton, shown)


def _writings(term: Term) -> list[str]:
    """The words of a term, and the same without their spaces."""
    written = words(term.words)
    joined = "".join(term.words.split())
    if words(joined) == written.replace(" ", "") != written and len(joined) >= _JOINED:
        return [written, words(joined)]
    return [written]


def _automaton(values: Iterable[tuple[str, object]]) -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    for text, value in values:
        automaton.add_word(text, value)
    automaton.make_automaton()
    return automaton


def _any_in(automaton: ahocorasick.Automaton, text: str) -> bool:
    return bool(automaton) and next(automaton.iter(text), None) is not None


def _at_seams(text: str, hit: _Hit) -> _Hit:
    """A hit in a hashtag that `matchable` has written whole behind its words ends where one of these does.

    So `tiktok` is found in `tik tok ban tiktokban`, whichever words it stands beside.
    """
    start, end = text.rfind(" ", 0, hit.start) + 1, text.find(" ", hit.end)
    whole = text[start : end if end >= 0 else len(text)]
    if start < 2 or text[start - 2] != whole[-1] or len(whole) > _LONGEST_HASHTAG:
        return hit  # nearly always: a hashtag ends as the last of its words before it does
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


def _join_compounds(found: dict[int, list[Span]], loose: list[_Hit]) -> None:
    """A word made of terms alone (`bantiktokindia`) has its boundaries where they meet."""
    known = [span for spans in found.values() for span in spans if span[1] - span[0] >= _PART]
    ends = {end: end - start for start, end in known}
    starts = {start: end - start for start, end in known}
    begun: set[_Hit] = set()
    for hit in sorted(loose):
        if hit.left or _meets(ends.get(hit.start, 0), hit):
            begun.add(hit)
            ends[hit.end] = max(ends.get(hit.end, 0), hit.end - hit.start)
    for hit in sorted(loose, reverse=True):
        if hit.right or _meets(starts.get(hit.end, 0), hit):
            starts[hit.start] = max(starts.get(hit.start, 0), hit.end - hit.start)
            if hit in begun:
                found.setdefault(hit.number, []).append((hit.start, hit.end))


def _meets(length: int, hit: _Hit) -> bool:
    return length >= (_PART if hit.end - hit.start >= _LONG_PART else _LONG_PART)


def begins_word(text: str, at: int) -> bool:
    """Whether a word can begin at a character: behind a space, another script or an Arabic prefix."""
    if at == 0:
        return True
    before, after = _SCRIPTS[text[at - 1]], _SCRIPTS[text[at]]
    return before != after or after == "unspaced" or (after == "ARABIC" and _prefixed(text, at))


def ends_word(text: str, at: int) -> bool:
    """Whether a word can end before a character; a Korean one anywhere, because its particles follow unspaced."""
    if at == len(text):
        return True
    before, after = _SCRIPTS[text[at - 1]], _SCRIPTS[text[at]]
    return before != after or before in _ENDING_ANYWHERE


def _prefixed(text: str, start: int) -> bool:
    return text[max(0, start - _LONGEST_PREFIX - 1) : start].rpartition(" ")[2] in _PREFIXES


def ruler(text: str) -> list[int]:
    """How many half words lie before each character, and before the end."""
    return list(accumulate(map(_WIDTHS.__getitem__, text), initial=0))
