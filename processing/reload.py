"""Reloading of a file that people edit while a process uses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Generic, NamedTuple, Protocol, TypeVar

from ingest.errors import Failure


class Versioned(Protocol):
    """What a file holds. Another content has another version."""

    @property
    def version(self) -> str:
        """The version."""
        ...


Content = TypeVar("Content", bound=Versioned)


class Stamp(NamedTuple):
    """The values that change with a file: they show a change without reading the file."""

    modified_ns: int
    size: int
    inode: int


class ReloadOutcome(StrEnum):
    """The outcome of a check of the file."""

    UNCHANGED = "unchanged"
    REPLACED = "replaced"
    KEPT = "kept"


class Refreshed(NamedTuple):
    """The outcome, and a sentence about the content in use; the sentence is empty if nothing happened."""

    outcome: ReloadOutcome
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Held(Generic[Content]):
    """The content in use, and the stamp of the file at the last check, whether the file was valid or not."""

    content: Content
    stamp: Stamp | None


class ReloadingFile(Generic[Content]):
    """The content of the file at a path, in its last valid version.

    `read` reads it and raises a `Failure` for an invalid file. `kept` and `replaced` make the sentences for people: of
    the content that stays in use, and of the earlier content and the one that replaces it.

    Raises:
        Failure: the file is invalid when the object is made, so there is no earlier version to keep.
    """

    def __init__(
        self,
        path: Path,
        read: Callable[[Path], Content],
        kept: Callable[[Content], str],
        replaced: Callable[[Content, Content], str],
    ) -> None:
        self._path, self._read, self._kept, self._replaced = path, read, kept, replaced
        stamp = _stamp(path)  # taken before the reading, so that a change during the reading is noticed later
        self._held = Held(read(path), stamp)

    @property
    def content(self) -> Content:
        """The content in use. It is another object after `refresh` returns `REPLACED`."""
        return self._held.content

    def refresh(self) -> Refreshed:
        """Read the file again if it has changed. The check is one `stat`, so a loop can call it often."""
        stamp = _stamp(self._path)
        if stamp == self._held.stamp:
            return Refreshed(ReloadOutcome.UNCHANGED)
        before = self.content
        self._held = replace(self._held, stamp=stamp)
        try:
            now = self._read(self._path)
        except Failure as error:
            return Refreshed(ReloadOutcome.KEPT, f"{error.sentence} {self._kept(before)}")
        if now.version == before.version:
            return Refreshed(ReloadOutcome.UNCHANGED)
        self._held = Held(now, stamp)
        return Refreshed(ReloadOutcome.REPLACED, self._replaced(before, now))


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return Stamp(found.st_mtime_ns, found.st_size, found.st_ino)
