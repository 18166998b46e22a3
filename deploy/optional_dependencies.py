"""Packages that only one part needs, and what brings them."""

from __future__ import annotations

from importlib.util import find_spec

from ingest.errors import Failure

EXTRAS = {
    "altair": "dashboard",
    "babel": "dashboard",
    "chdb": "embedded",
    "markupsafe": "dashboard",
    "pandas": "dashboard",
    "starlette": "embedded",
    "streamlit": "dashboard",
    "uvicorn": "embedded",
}


class NotInstalled(Failure):
    """A part needs a package that is not there; the message says what brings it."""

    def __init__(self, package: str, otherwise: str = "") -> None:
        brings = f"`pip install 'banwatch[{EXTRAS[package]}]'` brings it"
        super().__init__(f"{package} is not installed: {brings}{otherwise and f', {otherwise}'}.")


def require(package: str, otherwise: str) -> None:
    """See that a package is there before a part that needs it is started.

    Raises:
        NotInstalled: with what brings it, and what else can be done.
    """
    if find_spec(package) is None:
        raise NotInstalled(package, otherwise)


def require_engine() -> None:
    """See that an embedded store can be started.

    Raises:
        NotInstalled
    """
    require("chdb", "or set BANWATCH_CLICKHOUSE_URL to a ClickHouse that is running")
