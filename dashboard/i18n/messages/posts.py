"""The sentences of the page "Posts"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PostsWords:
    """The sentences of the page."""

    title: str = "Posts"
