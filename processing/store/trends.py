"""What a recorder of trends writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime

from processing.store.client import Store


@dataclass(frozen=True, kw_only=True)
class TrendRow:
    """A trend at one look, as it stands in `trends`."""

    network: str
    server: str
    name: str
    url: str
    topics: tuple[str, ...]
    appeared_at: datetime | None
    first_seen: datetime
    last_seen: datetime


def write_trends(store: Store, rows: Sequence[TrendRow]) -> None:
    """Write the trends of one look in one insert."""
    if rows:
        columns = [field.name for field in fields(TrendRow)]
        store.insert("trend_versions", columns, list(zip(*map(astuple, rows), strict=True)))
