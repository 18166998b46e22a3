"""`python -m deploy.embedded.chdb_http`: one JSON object of settings on standard input, then serve.

Passwords come that way because arguments and the environment of a process can be read by its neighbours.
"""

import json
import sys
from pathlib import Path

from pydantic import SecretStr

from deploy.embedded.chdb_http.errors import WarehouseUnavailable
from deploy.embedded.chdb_http.server import serve
from deploy.embedded.chdb_http.settings import ReaderLimits, WarehouseSettings


def main() -> int:
    """Return the exit status: 1 when the port or the directory is taken, 2 for settings that do not read."""
    try:
        settings = _settings(sys.stdin.read())
    except (ValueError, KeyError, TypeError) as error:
        print(f"The warehouse's settings do not read: {error}", file=sys.stderr)
        return 2
    try:
        serve(settings)
    except WarehouseUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _settings(text: str) -> WarehouseSettings:
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
    sys.exit(main())
