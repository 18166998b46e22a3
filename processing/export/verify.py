"""Checks an export: the manifest, every hash, the RO-Crate's metadata and, if the texts are there, each text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec

from processing.export import crate, layout
from processing.export.opened import LONGEST_DOCUMENT, Opened, Refused, Unreadable, opened

Kind = TypeVar("Kind")
Checks = Callable[[], Iterator[str]]

MOST_FAULTS = 100
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Verified:
    """The result of a check: a sentence for each fault, none if all is as it was exported.

    `texts` of the `posts` are there.
    """

    faults: tuple[str, ...]
    files: int = 0
    posts: int = 0
    texts: int = 0


class _Post(msgspec.Struct, frozen=True):
    """What is checked of a line of posts."""

    source: str
    id: str
    created_at: str
    deleted: bool
    sha256: str | None


class _Text(msgspec.Struct, frozen=True):
    source: str
    id: str
    text: str


class _Claim(msgspec.Struct, frozen=True):
    claim: str
    posts: int


class _ClaimPost(msgspec.Struct, frozen=True):
    source: str
    id: str
    created_at: str
    claim: str


def verify(path: Path) -> Verified:
    """Check an export. It may be any file: a hostile one is refused with a sentence.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        with opened(path) as archive:
            return _Check(archive).result()
    except Refused as refused:
        return Verified(_bounded(refused.faults))


def _bounded(faults: Iterable[str]) -> tuple[str, ...]:
    """Return the first faults. A hostile file may have one in each of millions of lines."""
    rest = iter(faults)
    return (*islice(rest, MOST_FAULTS), *("There are more faults." for _ in islice(rest, 1)))


class _Check:
    def __init__(self, archive: Opened) -> None:
        self._archive = archive
        self._digests: dict[str, tuple[int, str]] = {}
        self._posts = self._texts = 0

    def result(self) -> Verified:
        faults = _bounded(self._faults())
        return Verified(faults, len(self._archive.paths), self._posts, self._texts)

    def _faults(self) -> Iterator[str]:
        missing = sorted(layout.REQUIRED - self._archive.paths)
        yield from (f"{path} is missing." for path in missing)
        for group in layout.TOGETHER:
            if there := group & self._archive.paths:
                yield from (f"{path} is missing, and {min(there)} is there." for path in sorted(group - there))
        for path in sorted(self._archive.paths - {layout.MANIFEST}):
            try:
                self._digests[path] = self._archive.digest(path)
            except Unreadable as unreadable:
                yield str(unreadable)
        for part, check in ((layout.MANIFEST, self._manifest), (layout.METADATA, self._metadata)):
            if part in self._archive.paths:
                yield from self._read(check)
        if layout.POSTS in self._digests:
            yield from self._read(self._lines)
        if {layout.CLAIMS, layout.CLAIM_POSTS} <= self._digests.keys():
            yield from self._read(self._claims)

    @staticmethod
    def _read(check: Checks) -> Iterator[str]:
        try:
            yield from check()
        except Unreadable as unreadable:
            yield str(unreadable)

    def _manifest(self) -> Iterator[str]:
        listed: dict[str, str] = {}
        text = self._archive.document(layout.MANIFEST).decode("utf-8", "replace")
        for number, line in enumerate(text.splitlines(), start=1):
            found = layout.MANIFEST_LINE.fullmatch(line)
            if found is None or found[2] in listed:
                yield f"{layout.MANIFEST}, line {number}: it is no hash and path, or the path is there twice."
            else:
                listed[found[2]] = found[1]
        for path, sha256 in sorted(listed.items()):
            if path not in self._archive.paths:
                yield f"{path} is missing, and the manifest lists it."
            elif path in self._digests and self._digests[path][1] != sha256:
                yield f"{path} is not as it was exported: its SHA-256 is not that of the manifest."
        for path in sorted(self._archive.paths - listed.keys() - {layout.MANIFEST}):
            yield f"{path} is there, and the manifest does not list it."

    def _metadata(self) -> Iterator[str]:
        files = {path: each for path, each in self._digests.items() if path != layout.METADATA}
        for fault in crate.faults(self._archive.document(layout.METADATA), files):
            yield f"{layout.METADATA}: {fault}"

    def _lines(self) -> Iterator[str]:
        """Check each post and its text. Both files have one order, so that they are read side by side."""
        with_texts = layout.TEXTS in self._digests
        texts = _SideBySide(self._decoded(layout.TEXTS, _Text) if with_texts else iter(()))
        last = ("", "", "")
        for number, post in enumerate(self._decoded(layout.POSTS, _Post), start=1):
            if isinstance(post, str):
                yield post
                continue
            self._posts += 1
            place = f"{layout.POSTS}, line {number}"
            if (post.created_at, post.source, post.id) <= last:
                yield f"{place}: it is not behind the line before it, by time, source and id."
            last = (post.created_at, post.source, post.id)
            if post.sha256 is not None and (post.deleted or not _SHA256.fullmatch(post.sha256)):
                yield f"{place}: a deleted post has a SHA-256, or it is no SHA-256."
            yield from texts.faults()
            text = texts.take(post.source, post.id)
            self._texts += text is not None
            if text is not None and post.sha256 != hashlib.sha256(text.text.encode()).hexdigest():
                yield f"{place}: its text is not the one that was exported."
            elif text is None and with_texts and post.sha256 is not None:
                yield f"{place}: its text is missing."
        yield from texts.rest()

    def _claims(self) -> Iterator[str]:
        """Check that the posts of each claim are there, in order and each once."""
        if self._digests[layout.CLAIMS][0] > LONGEST_DOCUMENT:
            yield f"{layout.CLAIMS} is larger than {LONGEST_DOCUMENT:,} bytes."
            return
        missing: dict[str, int] = {}
        for number, claim in enumerate(self._decoded(layout.CLAIMS, _Claim), start=1):
            if isinstance(claim, str):
                yield claim
            elif claim.claim in missing:
                yield f"{layout.CLAIMS}, line {number}: this claim is there twice."
            else:
                missing[claim.claim] = claim.posts
        last = ("", "", "")
        for number, post in enumerate(self._decoded(layout.CLAIM_POSTS, _ClaimPost), start=1):
            if isinstance(post, str):
                yield post
                continue
            place = f"{layout.CLAIM_POSTS}, line {number}"
            if (post.created_at, post.source, post.id) <= last:
                yield f"{place}: it is not behind the line before it, by time, source and id."
            last = (post.created_at, post.source, post.id)
            if post.claim in missing:
                missing[post.claim] -= 1
            else:
                yield f"{place}: it is of a claim that is not there."
        if any(missing.values()):
            yield f"{layout.CLAIM_POSTS} has not as many posts of each claim as {layout.CLAIMS} says."

    def _decoded(self, path: str, kind: type[Kind]) -> Iterator[Kind | str]:
        decoder = msgspec.json.Decoder(kind)
        for number, line in enumerate(self._archive.lines(path), start=1):
            try:
                yield decoder.decode(line)
            except msgspec.DecodeError:
                yield f"{path}, line {number}: it is not what an export has there."


class _SideBySide:
    """The texts, taken one after the other as their posts come."""

    def __init__(self, lines: Iterator[_Text | str]) -> None:
        self._lines = lines
        self._next = next(lines, None)

    def faults(self) -> Iterator[str]:
        """Pass over the lines that are no text, up to the next one that is."""
        while isinstance(self._next, str):
            yield self._next
            self._next = next(self._lines, None)

    def take(self, source: str, name: str) -> _Text | None:
        """Return the next text if it is that of the post."""
        text = self._next
        if not isinstance(text, _Text) or (text.source, text.id) != (source, name):
            return None
        self._next = next(self._lines, None)
        return text

    def rest(self) -> Iterator[str]:
        """Say what is wrong where a line is left."""
        yield from self.faults()
        if self._next is not None:
            yield f"{layout.TEXTS} has a text of no post, or its texts are not in the order of the posts."
