"""Reloading of the taxonomy's files, which people edit while posts arrive."""

from __future__ import annotations

from pathlib import Path

from processing.reload import Refreshed, ReloadingFiles
from processing.tagging.topics.taxonomy import Taxonomy, load_taxonomy


class ReloadingTaxonomy:
    """The taxonomy in one file or in several, in its last valid version.

    Raises:
        TaxonomyError: a file is invalid when the object is made, so there is no earlier version to keep.
    """

    def __init__(self, *paths: Path) -> None:
        self._files = ReloadingFiles(paths, lambda: load_taxonomy(*paths), _kept, _replaced)

    @property
    def taxonomy(self) -> Taxonomy:
        """The taxonomy in use. It is another object after `refresh` returns `REPLACED`."""
        return self._files.content

    def refresh(self) -> Refreshed:
        """Read the files again if one has changed. A check is a `stat` of each, so a loop can do it often."""
        return self._files.refresh()


def _kept(taxonomy: Taxonomy) -> str:
    return f"The taxonomy {taxonomy.version} stays in use."


def _replaced(before: Taxonomy, now: Taxonomy) -> str:
    sentence = f"The taxonomy {now.version}, with {len(now.topics)} topics, replaces {before.version}."
    gone = {topic.id for topic in before.topics} - {topic.id for topic in now.topics}
    if gone:
        sentence += f" It has no {', '.join(sorted(gone))}: new posts of nothing else are stored without their text."
    return sentence
