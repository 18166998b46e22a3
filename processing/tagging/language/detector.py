"""The interface of a language detector, and the part of a post's text that a detector reads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from processing.contract import UNDETERMINED


class Detected(NamedTuple):
    """A BCP 47 tag, `und` for an unknown language, and the probability of the tag, from 0 to 1."""

    language: str
    confidence: float


class LanguageDetector(Protocol):
    """Finds the language of a text. `declared` holds the author's or the server's statement, which is only a hint."""

    def detect(self, text: str, declared: tuple[str, ...] = ()) -> Detected:
        """Return the language of a text. No text raises an error.

        A text of links, mentions and emoji alone has no language: `und`.
        """
        ...

    def detect_many(self, texts: Sequence[str], declared: Sequence[tuple[str, ...]] | None = None) -> list[Detected]:
        """Return the result of `detect` for each text, with its `declared` languages if given.

        Some detectors are much faster here.
        """
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
    """Return the text without links, mentions and character entities. Hashtags become words, without brand names."""
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
    """Return the words of a hashtag without brand names: `#saveYouTubeNow` becomes `save Now`."""
    return " " + _SEAM.sub(" ", _BRAND.sub(" ", found[1])) + " "


def words_of(text: str) -> str:
    """Return the text for a detector on one line, or an empty text if it holds no letter."""
    words = " ".join(cleaned(text).split())
    return words if _LETTER.search(words) else ""
