"""The sentences of the page "Now"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class NowWords:
    """The sentences of the page."""

    title: str = "Now"
