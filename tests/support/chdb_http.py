"""`python -m tests.support.chdb_http`: an embedded ClickHouse with the settings that a test writes to it, in JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pydantic import SecretStr

from deploy.embedded.chdb_http.errors import WarehouseUnavailable
from deploy.embedded.chdb_http.server import serve
from deploy.embedded.chdb_http.settings import ReaderLimits, WarehouseSettings
from deploy.supervisor.parent_death import die_with_parent


def settings(text: str) -> WarehouseSettings:
    """Of one JSON object.

    Raises:
        ValueError, TypeError, KeyError: nothing can run with them.
    """
    given = json.loads(text)
    return WarehouseSettings(
        directory=Path(given.pop("directory")),
        writer_password=SecretStr(given.pop("writer_password")),
        reader_password=SecretStr(given.pop("reader_password")),
        limits=ReaderLimits(**given.pop("limits", {})),
        readable=frozenset(given.pop("readable")),
        **given,
    )


if __name__ == "__main__":
    die_with_parent()
    try:
        serve(settings(sys.stdin.read()))
    except WarehouseUnavailable as error:
        sys.exit(str(error))
