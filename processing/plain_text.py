"""Text and addresses from a network, made safe to show: on the page, in a message and on a terminal.

Nothing here escapes: whoever writes markup escapes all text for this markup.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import takewhile
from urllib.parse import quote, urlsplit

LONGEST_POST = 600
LONGEST_LINE = 280
LONGEST_LINK = 2_000
MOST_MARKS = 4
ELLIPSIS = "…"

FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters except line breaks and tabs; embeddings, overrides and isolates. A terminal obeys them."""

# Embeddings, overrides and isolates would reverse the page's own words. Control characters and unpaired surrogates have
# no glyph. Line breaks and tabs stay.
_INVISIBLE = re.compile("[\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# A chat shows no element around a post that would confine a mark of direction, and no reader sees what tags and the
# supplementary variation selectors spell.
_HIDDEN = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\U000e0000-\U000e0fff]")
# Persian and Indic words and composed emoji need joiners, between two characters beyond ASCII.
_STRAY_JOINER = re.compile(
    "(?<![^\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\x00-\x7f])|(?<=[\u200c\u200d])[\u200c\u200d]+"
)
_LINE_ENDS = re.compile("[\x0b\x0c\x1c-\x1e\x85]")
# Combining marks: a Hebrew or Tibetan letter carries up to four. More marks overprint the neighbouring lines.
_MARK = (
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u06d6-\u06ed\u0f71-\u0f84\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_STACKED = re.compile(f"({_MARK}{{{MOST_MARKS}}}){_MARK}+")
_BLANKS = re.compile(r"\s{2,}")
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_VIRAMA = 9
"""The combining class of the signs that join two Indic letters."""
_UNSAFE_IN_LINK = re.compile(r"[^\w.~:/?#\[\]@!$&'()*+,;=%-]", re.ASCII)


def displayable(text: str, longest: int = LONGEST_POST) -> str:
    """Return a text without characters that reorder, overprint or flood the page, cut to `longest` characters.

    The function cuts the text before it reads the characters, so a long text costs no more than a short one.
    """
    head = _BLANKS.sub(_one_blank_line, _INVISIBLE.sub("", text[: 4 * longest])).strip()
    return _cut(_STACKED.sub(r"\1", head), longest, of_more=len(text) > 4 * longest)


def _one_blank_line(blanks: re.Match[str]) -> str:
    return "\n\n" if blanks[0].count("\n") > 1 else blanks[0]


def plain(text: str, longest: int = LONGEST_LINE) -> str:
    """Return a text as one line that changes nothing around it, cut to `longest` characters between two graphemes.

    Beyond what `displayable` removes, it has no mark of direction, no zero-width character and no tag character.
    """
    head = " ".join(_LINE_ENDS.sub(" ", text[: 4 * longest]).split())
    head = _STRAY_JOINER.sub("", _HIDDEN.sub("", _INVISIBLE.sub("", head)))
    return _cut(_STACKED.sub(r"\1", head).strip(), longest, of_more=len(text) > 4 * longest)


def isolated(text: str, *, right_to_left: bool = False) -> str:
    """Return a plain text for use inside a sentence of the given direction: its direction ends with it.

    First Strong Isolate and Pop Directional Isolate (Unicode UAX 9) stand around it, but for a text that runs from left
    to right like its sentence: a terminal that knows no isolates would show them.
    """
    if not right_to_left and not any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in text):
        return text
    return f"{FIRST_STRONG_ISOLATE}{text}{POP_ISOLATE}" if text else text


def safe_link(url: str) -> str | None:
    """Return the address if it opens a web page of the host that it displays, else None.

    Browsers read a backslash as a slash (https://url.spec.whatwg.org/#authority-state), and the standard library does
    not. The two would read different hosts, so an address with a backslash is refused. An address with an `@` is
    refused because the text before the `@` only looks like a host. A character that ends an address in some markup is
    percent-encoded.
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname
    except ValueError:
        return None
    web = parts.scheme in {"http", "https"} and host and not _INVISIBLE.search(url) and len(url) <= LONGEST_LINK
    if not web or "\\" in url or "@" in parts.netloc:
        return None
    return _UNSAFE_IN_LINK.sub(lambda found: quote(found[0]) if found[0].isascii() else found[0], parts.geturl())


def is_safe_link(url: str) -> bool:
    """Return whether an address can be followed as it is: it is one that `safe_link` returns."""
    return safe_link(url) == url


def _cut(text: str, longest: int, *, of_more: bool) -> str:
    if len(text) <= longest:
        return f"{text}{ELLIPSIS}" if of_more else text
    end = next((place for place in range(longest, 0, -1) if not _joined(text, place)), longest)
    return text[:end].rstrip() + ELLIPSIS


def _joined(text: str, place: int) -> bool:
    """Return whether a grapheme goes on at a place of a text, by the rules of Unicode UAX 29 that a post can meet."""
    before, after = text[place - 1], text[place]
    if _is_flag(after):
        return sum(1 for _ in takewhile(_is_flag, reversed(text[:place]))) % 2 == 1
    tone = "\U0001f3fb" <= after <= "\U0001f3ff"
    conjunct = unicodedata.combining(before) == _VIRAMA
    return tone or conjunct or "\u200d" in {before, after} or unicodedata.category(after).startswith("M")


def _is_flag(letter: str) -> bool:
    """Return whether a character is half a flag."""
    return "\U0001f1e6" <= letter <= "\U0001f1ff"
