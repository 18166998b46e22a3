"""Reloading of a taxonomy file that people edit while posts arrive."""

from __future__ import annotations

from pathlib import Path

from processing.reload import Refreshed, ReloadingFile
from processing.tagging.topics.taxonomy import Taxonomy, load_taxonomy


class ReloadingTaxonomy:
    """The taxonomy at a path, in its last valid version.

    Raises:
        TaxonomyError: the file is invalid when the object is made, so there is no earlier version to keep.
    """

    def __init__(self, path: Path) -> None:
        self._file = ReloadingFile(path, load_taxonomy, _kept, _replaced)

    @property
    def taxonomy(self) -> Taxonomy:
        """The taxonomy in use. It is another object after `refresh` returns `REPLACED`."""
        return self._file.content

    def refresh(self) -> Refreshed:
        """Read the file again if it has changed. The check is one `stat`, so a loop can call it for each batch."""
        return self._file.refresh()


def _kept(taxonomy: Taxonomy) -> str:
    return f"The taxonomy {taxonomy.version} stays in use."


def _replaced(before: Taxonomy, now: Taxonomy) -> str:
    sentence = f"The taxonomy {now.version}, with {len(now.topics)} topics, replaces {before.version}."
    gone = {topic.id for topic in before.topics} - {topic.id for topic in now.topics}
    if gone:
        sentence += f" It has no {', '.join(sorted(gone))}: new posts of nothing else are stored without their text."
    return sentence
