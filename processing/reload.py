"""Reloading of files that people edit while a process uses them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    """The outcome of a check of the files."""

    UNCHANGED = "unchanged"
    REPLACED = "replaced"
    KEPT = "kept"


class Refreshed(NamedTuple):
    """The outcome, and a sentence about the content in use; the sentence is empty if nothing happened."""

    outcome: ReloadOutcome
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Held(Generic[Content]):
    """The content in use, and the stamps of the files at the last check, whether they were valid or not."""

    content: Content
    stamp: tuple[Stamp | None, ...]


class ReloadingFiles(Generic[Content]):
    """The content of the files at some paths, in its last valid version.

    `read` reads them and raises a `Failure` for an invalid file. `kept` and `replaced` make the sentences for people:
    of the content that stays in use, and of the earlier content and the one that replaces it.

    Raises:
        Failure: a file is invalid when the object is made, so there is no earlier version to keep.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        read: Callable[[], Content],
        kept: Callable[[Content], str],
        replaced: Callable[[Content, Content], str],
    ) -> None:
        self._paths, self._read, self._kept, self._replaced = paths, read, kept, replaced
        stamp = self._stamp()  # taken before the reading, so that a change during the reading is noticed later
        self._held = Held(read(), stamp)

    @property
    def content(self) -> Content:
        """The content in use. It is another object after `refresh` returns `REPLACED`."""
        return self._held.content

    def refresh(self) -> Refreshed:
        """Read the files again if one has changed. The check is a `stat` of each, so a loop can call it often."""
        stamp = self._stamp()
        if stamp == self._held.stamp:
            return Refreshed(ReloadOutcome.UNCHANGED)
        before = self.content
        self._held = replace(self._held, stamp=stamp)
        try:
            now = self._read()
        except Failure as error:
            return Refreshed(ReloadOutcome.KEPT, f"{error.sentence} {self._kept(before)}")
        if now.version == before.version:
            return Refreshed(ReloadOutcome.UNCHANGED)
        self._held = Held(now, stamp)
        return Refreshed(ReloadOutcome.REPLACED, self._replaced(before, now))

    def _stamp(self) -> tuple[Stamp | None, ...]:
        return tuple(map(_stamp, self._paths))


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return Stamp(found.st_mtime_ns, found.st_size, found.st_ino)
