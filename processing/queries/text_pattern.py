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

# Between these ranges folding changes no character: Han, Yi, Hangul, Tangut, private use.
_FOLDED_POINTS = (
    range(0x20, 0x3400),
    range(0xA620, 0xAC00),
    range(0xF900, 0x17000),
    range(0x1D100, 0x20000),
    range(0x2F800, 0x2FA20),
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
    inside = _anywhere(" ".join(parts), spaced=True)
    before = "" if _WITHOUT_SPACES.match(parts[0][0]) else f"(?:^|{_NO_WORD})"
    after = "" if _WITHOUT_SPACES.match(parts[-1][-1]) else f"(?:$|{_NO_WORD})"
    return f"{before}{inside}{after}"


def _anywhere(folded: str, *, spaced: bool = False) -> str:
    """Return a pattern for folded text. Between two letters it allows the marks that folding drops.

    With `spaced`, a space stands for anything that is no word.
    """
    forms, dropped, _ = _written(spaced=spaced)
    pattern = ""
    for number, part in enumerate(re.split(_sentences(spaced=spaced), folded)):
        letters = "".join(_spelled(piece, spaced=spaced) for piece in _pieces(part, spaced=spaced))
        pattern += f"(?:{letters}|{_class(forms[part])}{dropped})" if number % 2 else letters
    return pattern


@cache
def _sentences(*, spaced: bool) -> str:
    """Return a pattern for texts longer than a piece for which one character stands, as `ﷺ` does."""
    forms, _, _ = _written(spaced=spaced)
    return f"({'|'.join(form for form in forms if len(form) > LONGEST_PIECE)})"


def _pieces(folded: str, *, spaced: bool) -> Iterator[str]:
    """Yield a text in pieces that no character crosses, where one character stands for several letters (`ae` for `æ`).

    A piece of more than `LONGEST_PIECE` letters is cut.
    """
    forms, _, lengths = _written(spaced=spaced)
    start = end = 0
    for at in range(len(folded)):
        if at == end or at - start == LONGEST_PIECE:
            yield folded[start:at]
            start = at
        end = max(end, at + next((each for each in lengths if folded[at : at + each] in forms), 1))
    yield folded[start:]


@cache
def _spelled(piece: str, *, spaced: bool) -> str:
    """Return a pattern for every way to write a piece, letter by letter or by characters that stand for several."""
    if not piece:
        return ""
    forms, dropped, lengths = _written(spaced=spaced)
    starts = {length: piece[:length] for length in sorted({1, *lengths}) if length <= len(piece)}
    ways = [
        f"{_first(start, forms, spaced=spaced)}{dropped}{_spelled(piece[length:], spaced=spaced)}"
        for length, start in starts.items()
        if length == 1 or start in forms
    ]
    return ways[0] if len(ways) == 1 else f"(?:{'|'.join(ways)})"


def _first(start: str, forms: Mapping[str, Sequence[str]], *, spaced: bool) -> str:
    """Return a pattern for the characters that stand for a letter, or for several."""
    if spaced and start == " ":
        return f"{_NO_WORD}+"
    return _class([*forms.get(start, ()), *([start] if len(start) == 1 else [])])


@cache
def _written(*, spaced: bool) -> tuple[Mapping[str, Sequence[str]], str, Sequence[int]]:
    """Return the characters that fold to each text, a pattern for those that fold to nothing, and all lengths.

    With `spaced`, the texts are the words in what a character folds to: `1 4` for a quarter.
    """
    forms: defaultdict[str, list[str]] = defaultdict(list)
    dropped = []
    for point in chain(*_FOLDED_POINTS):
        character = chr(point)
        folded = fold(character)
        if not folded:
            dropped.append(character)
        elif (text := words(character) if spaced else folded) not in {"", character}:
            forms[text].append(character)
    return forms, f"{_class(dropped)}*", sorted({len(each) for each in forms}, reverse=True)


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
