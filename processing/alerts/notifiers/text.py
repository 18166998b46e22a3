"""Text of a message, made harmless whatever it holds: bounded, on one line, without marks that steer its display."""

from __future__ import annotations

import re
import unicodedata

LONGEST_TEXT = 600
"""Characters of one text of a message. A post may be longer than all that a channel takes."""

ELLIPSIS = "…"
WORD_JOINER = "\u2060"

CLOSES = "\u2069"
DEEPEST = 4
_ISOLATES = {"\u2066", "\u2067", "\u2068", CLOSES}
_JOINERS = {"\u200c", "\u200d"}
"""Persian and emoji need them."""

_LINKED = re.compile(r"[@#$/＠＃]|(?<=\w)[.。．｡](?=\w)")
"""The characters by which programs find mentions, hashtags, commands and addresses in plain text."""


def one_line(text: str, most: int = LONGEST_TEXT) -> str:
    """Return a text on one line of at most `most` characters, and what closes its isolates.

    Spaces of every kind become one space. Control characters, invisible characters, tags and marks of direction go.
    Isolates stay, because a message isolates the texts of others with them, and each of them is closed.
    """
    seen = text[: 4 * most]
    line = " ".join("".join(_kept(letter) for letter in seen).split())
    if len(line) > most or len(text) > len(seen):
        line = line[: most - 1].rstrip() + ELLIPSIS
    return _closed(line)


def _kept(letter: str) -> str:
    if letter in _ISOLATES or letter in _JOINERS:
        return letter
    category = unicodedata.category(letter)
    if category in {"Cf", "Cs", "Co", "Cn"}:
        return ""
    return " " if category in {"Cc", "Zl", "Zp", "Zs"} else letter


def _closed(line: str) -> str:
    """Return a line in which each isolate is closed, and nothing else is."""
    kept, depth = "", 0
    for letter in line:
        step = 0 if letter not in _ISOLATES else -1 if letter == CLOSES else 1
        if 0 <= depth + step <= DEEPEST:
            depth += step
            kept += letter
    return kept + CLOSES * depth


def unlinked(text: str) -> str:
    """Return a text in which no program finds a mention, a hashtag, a command or an address to link.

    An invisible character stands behind each character that would begin one. It is no letter of a name and no part of
    an address: see `is_url_unicode_symbol` in Telegram's tdlib.
    """
    return _LINKED.sub(lambda found: found[0] + WORD_JOINER, text)


def inert(text: str) -> str:
    """Return a text for a receiver whose markup nobody knows: also without brackets and backticks of any markup."""
    return unlinked(text).translate({ord("<"): "‹", ord(">"): "›", ord("["): "(", ord("]"): ")", ord("`"): "'"})
