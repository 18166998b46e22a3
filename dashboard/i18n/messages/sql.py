"""The sentences of the page "SQL"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SqlWords:
    """The sentences of the page."""

    title: str = "SQL"
