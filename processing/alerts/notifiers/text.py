"""Text of a message, made harmless whatever it holds: bounded, on one line, without marks that steer its display."""

from __future__ import annotations

import re
import unicodedata

LONGEST_TEXT = 600
"""Characters of one text of a message. A post may be longer than all that a channel takes."""

ELLIPSIS = "…"
WORD_JOINER = "\u2060"

_ISOLATES = {"\u2066", "\u2067", "\u2068", "\u2069"}
_JOINERS = {"\u200c", "\u200d"}
"""Persian and emoji need them."""

_LINKED = re.compile(r"[@#$/＠＃]|(?<=\w)[.。．｡](?=\w)")
"""The characters by which programs find mentions, hashtags, commands and addresses in plain text."""


def one_line(text: str, most: int = LONGEST_TEXT) -> str:
    """Return a text on one line of at most `most` characters.

    Spaces of every kind become one space. Control characters, invisible characters, tags and marks of direction go.
    Isolates stay where they are balanced, because a message isolates the texts of others with them.
    """
    cut = text[: 4 * most]
    kept = "".join(_kept(letter) for letter in cut)
    if not _is_balanced(kept):
        kept = "".join(letter for letter in kept if letter not in _ISOLATES)
    line = " ".join(kept.split())
    return line if len(line) <= most and len(text) == len(cut) else f"{_closed(line[: most - 1])}{ELLIPSIS}"


def _kept(letter: str) -> str:
    category = unicodedata.category(letter)
    if letter in _ISOLATES or letter in _JOINERS:
        return letter
    if category in {"Cf", "Cs", "Co", "Cn"}:
        return ""
    return " " if category in {"Cc", "Zl", "Zp", "Zs"} else letter


def _is_balanced(text: str) -> bool:
    depth = 0
    for letter in text:
        if letter in _ISOLATES:
            depth += -1 if letter == "\u2069" else 1
            if depth < 0:
                return False
    return depth == 0


def _closed(text: str) -> str:
    """Return a text that was cut, with the isolates closed that the cut has left open."""
    begun = sum(text.count(letter) for letter in _ISOLATES - {"\u2069"})
    return text.rstrip() + "\u2069" * (begun - text.count("\u2069"))


def unlinked(text: str) -> str:
    """Return a text in which no program finds a mention, a hashtag, a command or an address to link.

    An invisible character stands behind each character that would begin one. It is no letter of a name and no part of
    an address: see `is_url_unicode_symbol` in Telegram's tdlib.
    """
    return _LINKED.sub(lambda found: found[0] + WORD_JOINER, text)


def inert(text: str) -> str:
    """Return a text for a receiver whose markup nobody knows: also without brackets and backticks of any markup."""
    return unlinked(text).translate({ord("<"): "‹", ord(">"): "›", ord("["): "(", ord("]"): ")", ord("`"): "'"})
