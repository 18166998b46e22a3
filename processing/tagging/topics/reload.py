"""A taxonomy file that people edit while posts come in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from processing.tagging.topics.file import TaxonomyError
from processing.tagging.topics.taxonomy import Taxonomy, load_taxonomy


class Stamp(NamedTuple):
    """What tells one state of a file from another, without reading it."""

    modified_ns: int
    size: int
    inode: int


class ReloadOutcome(StrEnum):
    """What came of looking at the file."""

    UNCHANGED = "unchanged"
    REPLACED = "replaced"
    KEPT = "kept"


class Refreshed(NamedTuple):
    """`sentence` says which taxonomy is used now or why the old one still is; empty where nothing happened."""

    outcome: ReloadOutcome
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """The taxonomy in use, and the state of the file that was last looked at, be it with an error."""

    taxonomy: Taxonomy
    stamp: Stamp | None


def step(held: Held, stamp: Stamp | None, read: Taxonomy | TaxonomyError) -> tuple[Held, Refreshed]:
    """Decide on what was read of a file that is no longer in the state last looked at."""
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
    """The taxonomy at a path, as the file was when it was last without error.

    Raises:
        TaxonomyError: at the beginning, when there is no older one to keep.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        stamp = _stamp(path)  # before the file is read: what is written meanwhile is then read the next time
        self._held = Held(load_taxonomy(path), stamp)

    @property
    def taxonomy(self) -> Taxonomy:
        """The taxonomy in use; another object once `refresh` says `REPLACED`."""
        return self._held.taxonomy

    def refresh(self) -> Refreshed:
        """Read the file again if it has changed: one `stat`, for a loop to call once a batch."""
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
