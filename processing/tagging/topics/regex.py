r"""Regular expressions in rules. RE2 runs them, in time linear in the length of the text.

A pattern is matched against folded words: lower case, no accents, no punctuation, one space between words. It takes the
longest possible match. `\w` is a letter, mark or digit of any script. A match must begin and end at word boundaries,
like a term: `\w*` stands for the rest of a word.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NoReturn

import re2

from processing.tagging.text import fold

_LONGEST = 300
_MEMORY = 1 << 20
"""The memory in bytes that RE2 may use for a pattern. Only nested repeats need more."""

_PIECE = re.compile(r"\\(?P<escaped>.)|(?P<bracket>[\[\]])|(?P<foreign>[^\x00-\x7f]+)")


class PatternError(ValueError):
    """A pattern is invalid; the message is one sentence with the reason."""


@lru_cache(maxsize=1024)
def compile_pattern(written: str) -> re2._Regexp:
    """Compile the text between the slashes of a rule.

    Raises:
        PatternError: RE2 cannot read the pattern, it is too large, or it matches every text.
    """
    if len(written) > _LONGEST:
        _fail(f"longer than {_LONGEST} characters")
    options = re2.Options()
    options.case_sensitive, options.longest_match, options.log_errors = False, True, False
    options.max_mem = _MEMORY
    try:
        compiled = re2.compile(_folded(written), options)
    except re2.error as error:
        reason = error.args[0]
        _fail(reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason))
    if compiled.fullmatch("") is not None:
        _fail("true of any text, because it matches nothing at all")
    return compiled


def _fail(why: str) -> NoReturn:
    raise PatternError(f"Expected a regular expression that can be used; this one is {why}") from None


def _folded(written: str) -> str:
    """Return the pattern in the form that matches folded text."""
    in_class = False

    def replaced(piece: re.Match[str]) -> str:
        nonlocal in_class
        if piece["bracket"]:
            in_class = piece["bracket"] == "["
            return piece[0]
        if piece["foreign"]:
            return fold(piece[0])
        return _escape(piece["escaped"], in_class)

    return _PIECE.sub(replaced, written)


def _escape(letter: str, in_class: bool) -> str:
    if letter in "bB":
        _fail(rf"one with \{letter}, which is not needed: a match begins and ends where a word does")
    if letter == "w":
        return r"\pL\pM\pN" if in_class else "[^ ]"
    if letter == "W":
        return " "  # all that separates words once a text is folded
    return f"\\{letter}" if letter.isascii() else fold(letter)
