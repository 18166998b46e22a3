"""The versions that an export names: of banwatch, and of the rules of the topics."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path

from processing.export import Versions
from processing.tagging.topics import Taxonomy


def versions(topics_file: Path, taxonomy: Taxonomy) -> Versions:
    """Return the versions of this installation and of its file of topics."""
    return Versions(
        banwatch=version("banwatch"),
        topics_version=taxonomy.version,
        topics_sha256=hashlib.sha256(topics_file.read_bytes()).hexdigest(),
    )
