"""What operators write on the page: notes beside incidents, and queries kept under a name."""

# Without `from __future__ import annotations`, which would give its name to something else here.

from processing.contract import Annotation, SavedQuery
from processing.queries.reader import Reader


def annotations(reader: Reader, incident: str) -> tuple[Annotation, ...]:
    """Return the notes beside an incident, the oldest first."""
    rows = reader.query(
        """
        SELECT incident, id, by, text, at FROM annotations
        WHERE incident = {incident:String}
        ORDER BY at, id
        """,
        {"incident": incident},
    )
    return tuple(
        Annotation(incident=incident, id=name, by=by, text=text, at=at) for incident, name, by, text, at in rows
    )


def saved_queries(reader: Reader) -> tuple[SavedQuery, ...]:
    """Return the kept queries in the order of their names."""
    rows = reader.query("SELECT name, sql, by, at FROM saved_queries ORDER BY name")
    return tuple(SavedQuery(name=name, sql=sql, by=by, at=at) for name, sql, by, at in rows)
