"""The tokens of a query's text, cut as ClickHouse's own lexer cuts them, in time linear in the text's length.

An unterminated quotation or comment extends to the end of the text, as in the engine, and is read only once. A client
therefore cannot make the gateway work longer than the length of the text allows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

# Every repetition is possessive (`++`, `*+`), so the pattern never reads matched text a second time.
_TOKEN = re.compile(
    rb"""
    (?P<space>   \s++ | (?: -- | // | \#[ !] ) [^\n]*+ )
  | (?P<comment> /\* )
  | (?P<quoted>  '  (?: [^'\\]++ | \\. | '' )*+ (?: '  | \\?\Z )
               | "  (?: [^"\\]++ | \\. | "" )*+ (?: "  | \\?\Z )
               | `  (?: [^`\\]++ | \\. | `` )*+ (?: `  | \\?\Z )
               | \xe2\x80\x98 (?: [^\xe2]++ | \xe2(?!\x80\x99) )*+ (?: \xe2\x80\x99 | \Z )
               | \xe2\x80\x9c (?: [^\xe2]++ | \xe2(?!\x80\x9d) )*+ (?: \xe2\x80\x9d | \Z ) )
  | (?P<dollar>  \$ )
  | (?P<word>    \w[\w$]*+ )
  | (?P<other>   . )
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGES = re.compile(rb"(?:/\*[^*/]*+)++|\*/")
_DOLLAR_WORD = re.compile(rb"\$(?:\w[\w$]*+)?")
_DOLLAR = re.compile(rb"\$")
_OPENING, _CLOSING = frozenset({b"(", b"[", b"{"}), frozenset({b")", b"]", b"}"})

Token = tuple[bytes, int, int, int]
"""The token (an upper-case word, a quotation or a sign), its start, its end, and the depth of brackets around it."""


def tokens(text: bytes, *, complete: bool = True) -> Iterator[Token]:
    """Yield the tokens of a text without blanks and comments.

    If the text is not `complete`, an unterminated here document extends to the end of the text.
    """
    at = depth = 0
    last_tags: dict[bytes, int] | None = None
    while match := _TOKEN.match(text, at):
        start, at, kind = match.start(), match.end(), match.lastgroup
        if kind == "space":
            continue
        if kind == "comment":
            at = _end_of_comment(text, at)
            continue
        if kind == "dollar":
            last_tags = _last_tags(text) if last_tags is None else last_tags
            at = _end_of_dollar(text, start, last_tags, complete=complete)
        token = text[start:at].upper() if kind == "word" else text[start:at]
        depth -= token in _CLOSING
        yield token, start, at, depth
        depth += token in _OPENING


def _end_of_comment(text: bytes, at: int) -> int:
    """Return the end of a comment. Comments nest, as in the SQL standard."""
    level = 1
    for edges in _COMMENT_EDGES.finditer(text, at):
        level += edges[0].count(b"/*") or -1
        if level == 0:
            return edges.end()
    return len(text)


def _last_tags(text: bytes) -> dict[bytes, int]:
    """Return the last position of each here-document tag (`$name$`). The name may be any text."""
    dollars = (match.start() for match in _DOLLAR.finditer(text))
    return {text[start : end + 1]: start for start, end in pairwise(dollars)}


def _end_of_dollar(text: bytes, start: int, last_tags: dict[bytes, int], *, complete: bool) -> int:
    """Return the end of the here document, word or single sign that begins with a dollar sign."""
    behind_tag = text.find(b"$", start + 1) + 1
    tag = text[start:behind_tag]
    if tag and last_tags[tag] >= behind_tag:
        return text.index(tag, behind_tag) + len(tag)
    word = _DOLLAR_WORD.match(text, start)
    return word.end() if word and complete else len(text)
