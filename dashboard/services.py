"""What `deploy` lends the page: parts of the product that lie outside the dashboard's doors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

TopicNames = Callable[[], Mapping[str, Mapping[str, str]]]
"""A function that returns the taxonomy's present names: topic id -> language (at least `en` and `ar`) -> name."""


@dataclass(frozen=True)
class Services:
    """The lent parts. A part that is None is not configured, and the page says so where it would be used."""

    topics: TopicNames
