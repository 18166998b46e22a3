"""The tagger: it turns a post into a tagged post with a language and topics. This module is pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, starmap

import msgspec
import numpy as np

from ingest.contract import NotAPost, Post, decode_post
from processing.contract import TaggedPost
from processing.tagging.language import LanguageDetector
from processing.tagging.topics import Taxonomy

_COMMUNITY = re.compile(r"/r/(\w{2,40})(?:/|$)")
_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


class Enricher:
    """A detector and a taxonomy that tag posts."""

    def __init__(self, detector: LanguageDetector, taxonomy: Taxonomy) -> None:
        self._detector = detector
        self._taxonomy = taxonomy

    def tag(self, post: Post) -> TaggedPost:
        """Tag a post. Its text and the hint `langs` give the language; its text and context give the topics."""
        return self.tag_many([post])[0]

    def tag_many(self, posts: Sequence[Post]) -> list[TaggedPost]:
        """Return the result of `tag` for each post. A batch is ten times as fast."""
        detected = self._detector.detect_many([post.text for post in posts], [post.langs for post in posts])
        languages = [found.language for found in detected]
        confidences = np.round([found.confidence for found in detected], 4).tolist()
        topics = self._taxonomy.tag_many(list(map(_with_context, posts)), languages, [post.source for post in posts])
        rules = [self._taxonomy.version] * len(posts)
        return list(starmap(TaggedPost, zip(posts, languages, confidences, topics, rules, strict=True)))


def _with_context(post: Post) -> str:
    """Return the text with the hashtags outside it and the community (`/r/name`) in which it was posted."""
    text, tags = post.text, post.hashtags
    folded = text.lower() if tags else ""
    missing = [tag for tag in tags if tag.lower().lstrip("#") not in folded] if tags else ()
    community = _COMMUNITY.search(post.url) if post.url and "/r/" in post.url else None
    if missing or community:
        context = [*(f"#{tag.lstrip('#')}" for tag in missing), *([f"#{community[1]}"] if community else [])]
        return "\n".join([text, *context])
    return text


def tag_lines(
    lines: Iterable[bytes], enricher: Enricher, on_rejected: Callable[[int, str], None], *, at_once: int = 1
) -> Iterator[bytes]:
    """Yield the lines of Post NDJSON in their order, tagged. This is the filter behind `banwatch tag`.

    Every field of a line is kept, including unknown ones. `language`, `language_confidence` and `topics` are added or
    replaced. Blank lines are left out. A line that is not a post yields nothing; `on_rejected` receives its number,
    from 1, and the reason. `at_once` lines are read before the first of them is yielded.
    """
    numbered = enumerate(lines, start=1)
    while waiting := list(islice(numbered, at_once)):
        read = [(line, post) for number, line in waiting if (post := _post(number, line, on_rejected))]
        for (line, _), tagged in zip(read, enricher.tag_many([post for _, post in read]), strict=True):
            found = {"language": tagged.language, "language_confidence": tagged.confidence, "topics": tagged.topics}
            yield _encode(_decode_object(line) | found) + b"\n"


def _post(number: int, line: bytes, on_rejected: Callable[[int, str], None]) -> Post | None:
    if not line.strip():
        return None
    try:
        return decode_post(line)
    except NotAPost as error:
        on_rejected(number, str(error))
        return None
