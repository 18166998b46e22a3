"""The sentences of the page "Incident"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class IncidentWords:
    """The sentences of the page."""

    title: str = "Incident"
