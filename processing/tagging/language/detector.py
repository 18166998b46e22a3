"""What a language detector is, and what of a post it should read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from processing.contract import UNDETERMINED


class Detected(NamedTuple):
    """A BCP 47 tag, `und` when the language is not known, and how likely the tag is, 0..1."""

    language: str
    confidence: float


class LanguageDetector(Protocol):
    """Tells the language of one text. `declared` is what the author or server says: a hint, never the answer."""

    def detect(self, text: str, declared: tuple[str, ...] = ()) -> Detected:
        """Never raises, whatever the text is. Links, mentions and emoji alone have no language: `und`."""
        ...

    def detect_many(self, texts: Sequence[str], declared: Sequence[tuple[str, ...]] | None = None) -> list[Detected]:
        """`detect` for each text, with its `declared` languages if any are given: for some detectors much faster."""
        hints = declared or [()] * len(texts)
        return [self.detect(text, hint) for text, hint in zip(texts, hints, strict=True)]


UNKNOWN = Detected(UNDETERMINED, 0.0)

_LETTER = re.compile(r"[^\W\d_]")
_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"]+", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w@])@[\w.-]+(?:@[\w.-]+\w)?")
_HASHTAG = re.compile(r"[#＃](\w+)")
_ENTITY = re.compile(r"&#?\w{2,8};")
_BRAND = re.compile("tik_?tok|douyin|bytedance|instagram|youtube|amazon|rednote", re.IGNORECASE)
_SEAM = re.compile(r"_+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)")


def cleaned(text: str) -> str:
    """The text without links, mentions and character entities; hashtags as words, without the names in them."""
    if "://" in text or "www." in text:
        text = _LINK.sub(" ", text)
    if "@" in text:
        text = _MENTION.sub(" ", text)
    if "&" in text:
        text = _ENTITY.sub(" ", text)
    if "#" in text or "＃" in text:
        text = _HASHTAG.sub(_hashtag, text)
    return text


def _hashtag(found: re.Match[str]) -> str:
    """`#saveTikTokNow`: `save Now`."""
    return " " + _SEAM.sub(" ", _BRAND.sub(" ", found[1])) + " "


def one_line(text: str) -> str:
    """What a detector should read, on one line; empty when nothing in it is a letter."""
    words = " ".join(cleaned(text).split())
    return words if _LETTER.search(words) else ""
