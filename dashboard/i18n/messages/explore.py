"""The sentences of the page "Explore"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ExploreWords:
    """The sentences of the page."""

    title: str = "Explore"
