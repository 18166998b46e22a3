"""The sentences of the page "Health"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class HealthWords:
    """The sentences of the page."""

    title: str = "Health"
