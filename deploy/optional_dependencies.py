"""Packages that only one part needs, and the extra of banwatch that installs each."""

from __future__ import annotations

from importlib.util import find_spec

from ingest.errors import Failure

EXTRAS = {
    "altair": "dashboard",
    "authlib": "login",
    "chdb": "embedded",
    "httptools": "public",
    "jinja2": "public",
    "markupsafe": "dashboard",
    "opentelemetry": "traces",
    "pandas": "dashboard",
    "PIL": "public",
    "starlette": "embedded",
    "streamlit": "dashboard",
    "uvicorn": "embedded",
    "uvloop": "public",
}


class NotInstalled(Failure):
    """A part needs a package that is not installed; the message names the command that installs it."""

    def __init__(self, package: str, otherwise: str = "") -> None:
        brings = f"`pip install 'banwatch[{EXTRAS[package]}]'` brings it"
        super().__init__(f"{package} is not installed: {brings}{otherwise and f', {otherwise}'}.")


def require(package: str, otherwise: str) -> None:
    """Check that a package is installed before a part that needs it starts.

    Raises:
        NotInstalled: the package is missing. The message names the command that installs it, and the alternative.
    """
    if find_spec(package) is None:
        raise NotInstalled(package, otherwise)


def require_engine() -> None:
    """Check that the embedded store can start.

    Raises:
        NotInstalled: chDB is not installed.
    """
    require("chdb", "or set BANWATCH_CLICKHOUSE_URL to a ClickHouse that is running")
