"""The tables that the reader may read: the same in the embedded warehouse as on a ClickHouse server."""

from __future__ import annotations

import re
from pathlib import Path

USERS = Path(__file__).parents[3] / "clickhouse" / "users.sql"
_GRANT = re.compile(r"^GRANT SELECT ON banwatch\.(\w+) TO reader;$", re.MULTILINE)


def granted_to_reader(users: str) -> frozenset[str]:
    """Return the tables that `users.sql` grants to the reader. `users` is the text of that file."""
    return frozenset(_GRANT.findall(users))
