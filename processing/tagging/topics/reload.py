"""Reloading of a taxonomy file that people edit while posts arrive."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from processing.tagging.topics.file import TaxonomyError
from processing.tagging.topics.taxonomy import Taxonomy, load_taxonomy


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
    """The outcome, and a sentence about the taxonomy in use; the sentence is empty if nothing happened."""

    outcome: ReloadOutcome
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """The taxonomy in use, and the stamp of the file at the last check, whether the file was valid or not."""

    taxonomy: Taxonomy
    stamp: Stamp | None


def step(held: Held, stamp: Stamp | None, read: Taxonomy | TaxonomyError) -> tuple[Held, Refreshed]:
    """Decide what to do with a file that has changed. `read` is the new taxonomy or its error."""
    looked = replace(held, stamp=stamp)
    if isinstance(read, TaxonomyError):
        return looked, Refreshed(ReloadOutcome.KEPT, f"{read} The taxonomy {held.taxonomy.version} stays in use.")
    if read.version == held.taxonomy.version:
        return looked, Refreshed(ReloadOutcome.UNCHANGED)
    sentence = f"The taxonomy {read.version}, with {len(read.topics)} topics, replaces {held.taxonomy.version}."
    gone = {topic.id for topic in held.taxonomy.topics} - {topic.id for topic in read.topics}
    if gone:
        sentence += f" It has no {', '.join(sorted(gone))}: new posts of nothing else are stored without their text."
    return Held(read, stamp), Refreshed(ReloadOutcome.REPLACED, sentence)


class ReloadingTaxonomy:
    """The taxonomy at a path, in its last valid version.

    Raises:
        TaxonomyError: the file is invalid when the object is made, so there is no earlier version to keep.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        stamp = _stamp(path)  # taken before the reading, so that a change during the reading is noticed later
        self._held = Held(load_taxonomy(path), stamp)

    @property
    def taxonomy(self) -> Taxonomy:
        """The taxonomy in use. It is another object after `refresh` returns `REPLACED`."""
        return self._held.taxonomy

    def refresh(self) -> Refreshed:
        """Read the file again if it has changed. The check is one `stat`, so a loop can call it for each batch."""
        stamp = _stamp(self._path)
        if stamp == self._held.stamp:
            return Refreshed(ReloadOutcome.UNCHANGED)
        self._held, refreshed = step(self._held, stamp, _read(self._path))
        return refreshed


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return Stamp(found.st_mtime_ns, found.st_size, found.st_ino)


def _read(path: Path) -> Taxonomy | TaxonomyError:
    try:
        return load_taxonomy(path)
    except TaxonomyError as error:
        return error
