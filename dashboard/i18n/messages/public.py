"""The sentences of the public pages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PublicWords:
    """The sentences of the public pages."""
