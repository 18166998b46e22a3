"""How the collectors are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from processing.queries.reader import Reader


@dataclass(frozen=True, slots=True)
class Health:
    """One collector's newest word. `lag` is seconds between what it covers and when it said so."""

    source: str
    state: str
    detail: str
    events: int
    posts: int
    rejected: int
    reconnects: int
    last_event: datetime | None
    last_post: datetime | None
    heard_at: datetime
    lag: float


def health(reader: Reader) -> tuple[Health, ...]:
    """Every collector that was ever heard of, by name, as it last said it was."""
    rows = reader.query(
        """
        SELECT source, state, detail, events, posts, rejected, reconnects, last_event, last_post, at, lag
        FROM source_health
        ORDER BY source, at DESC, since DESC
        LIMIT 1 BY source
        """
    )
    return tuple(Health(*row) for row in rows)
