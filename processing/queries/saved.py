"""The queries that people keep under a name."""

from __future__ import annotations

from processing.contract import SavedQuery
from processing.queries.reader import Reader


def saved_queries(reader: Reader) -> tuple[SavedQuery, ...]:
    """Return the kept queries by name."""
    rows = reader.query("SELECT name, sql, by, at FROM saved_queries ORDER BY lowerUTF8(name), name")
    return tuple(SavedQuery(name=name, sql=sql, by=by, at=at) for name, sql, by, at in rows)
