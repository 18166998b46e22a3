"""The versions that an export names: of banwatch, and of the rules of the topics."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from processing.export import Versions
from processing.tagging.topics import Taxonomy


def versions(topics_files: Sequence[Path], taxonomy: Taxonomy) -> Versions:
    """Return the versions of this installation and of its files of topics, which are hashed one after the other."""
    return Versions(
        banwatch=version("banwatch"),
        topics_version=taxonomy.version,
        topics_sha256=hashlib.sha256(b"".join(file.read_bytes() for file in topics_files)).hexdigest(),
    )
