"""Patterns of RE2 that find words in stored texts, however a person wrote them.

The store keeps a text as its author wrote it. A pattern therefore names, for each letter of a search, every character
that `fold` makes the same letter: other case, accents, width, and the forms of Arabic, Persian and Urdu letters.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, groupby

from processing.tagging.text import fold, words

LONGEST_SEARCH = 100
MOST_TERMS = 12
LONGEST_PIECE = 6

# Of the scripts between these ranges, folding changes no character: Han, Yi, Hangul. Squared units are left out.
_FOLDED_POINTS = (
    range(0x20, 0x3300),
    range(0xA640, 0xAC00),
    range(0xF900, 0x10000),
    range(0x1D400, 0x1F200),
    range(0xE0000, 0xE1000),
)
_QUOTED = re.compile(r'"([^"]*)"?|[^\s"]+')
_QUOTATION_MARKS = str.maketrans(dict.fromkeys("“”„‟«»「」『』〝〞", '"'))
_NO_WORD = r"[^\pL\pN\pM]"
# Han, kana, Thai, Lao, Burmese and Khmer are written without spaces between words.
_WITHOUT_SPACES = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def patterns(search: str) -> tuple[str, ...]:
    """Return a pattern for each word and each quoted phrase of a search. A text matches if it matches all of them.

    A word is found inside longer words too. A phrase is found as whole words in this order, whatever stands between
    them that is no word. `LONGEST_SEARCH` characters and `MOST_TERMS` terms are read; the rest is ignored.
    """
    found: list[str] = []
    for term in _QUOTED.finditer(search[:LONGEST_SEARCH].translate(_QUOTATION_MARKS)):
        pattern = _anywhere(fold(term[0])) if term[1] is None else _phrase(term[1])
        if pattern and pattern not in found:
            found.append(pattern)
    return tuple(found[:MOST_TERMS])


def _phrase(text: str) -> str:
    parts = words(text).split()
    if not parts:
        return _anywhere(fold(text.strip()))
    inside = f"{_NO_WORD}+".join(map(_anywhere, parts))
    before = "" if _WITHOUT_SPACES.match(parts[0][0]) else f"(?:^|{_NO_WORD})"
    after = "" if _WITHOUT_SPACES.match(parts[-1][-1]) else f"(?:$|{_NO_WORD})"
    return f"{before}{inside}{after}"


def _anywhere(folded: str) -> str:
    """Return a pattern for folded text. Between two letters it allows the marks that folding drops."""
    return "".join(map(_spelled, _pieces(folded)))


def _pieces(folded: str) -> Iterator[str]:
    """Yield a text in pieces that no character crosses, where one character stands for several letters (`ae` for `æ`).

    A piece of more than `LONGEST_PIECE` letters is cut.
    """
    forms, _, lengths = _written()
    start = end = 0
    for at in range(len(folded)):
        if at == end or at - start == LONGEST_PIECE:
            yield folded[start:at]
            start = at
        end = max(end, at + next((each for each in lengths if folded[at : at + each] in forms), 1))
    yield folded[start:]


@cache
def _spelled(piece: str) -> str:
    """Return a pattern for every way to write a piece, letter by letter or by characters that stand for several."""
    if not piece:
        return ""
    forms, dropped, lengths = _written()
    starts = {length: piece[:length] for length in sorted({1, *lengths}) if length <= len(piece)}
    ways = [
        f"{_class([*forms.get(start, ()), *([start] if length == 1 else [])])}{dropped}{_spelled(piece[length:])}"
        for length, start in starts.items()
        if length == 1 or start in forms
    ]
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"


@cache
def _written() -> tuple[Mapping[str, Sequence[str]], str, Sequence[int]]:
    """Return the characters that fold to each text, a pattern for those that fold to nothing, and all lengths."""
    forms: defaultdict[str, list[str]] = defaultdict(list)
    for point in chain(*_FOLDED_POINTS):
        character = chr(point)
        if (folded := fold(character)) != character:
            forms[folded].append(character)
    dropped = f"{_class(forms.pop(''))}*"
    return forms, dropped, sorted({len(each) for each in forms}, reverse=True)


def _class(characters: Iterable[str]) -> str:
    """Return a class of characters, with neighbours as ranges."""
    return f"[{''.join(_ranges(sorted(map(ord, set(characters)))))}]"


def _ranges(points: Sequence[int]) -> Iterator[str]:
    for _, run in groupby(enumerate(points), key=lambda each: each[1] - each[0]):
        first, *rest = [point for _, point in run]
        yield _escaped(first)
        if rest:
            yield f"-{_escaped(rest[-1])}"


def _escaped(point: int) -> str:
    character = chr(point)
    return character if character.isalnum() else f"\\x{{{point:x}}}"
