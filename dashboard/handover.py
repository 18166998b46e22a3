"""What the server hands over to the script of the page.

Streamlit runs the script by its path, again for every visitor, and without arguments. The script runs in the process of
the server and shares its modules. So the server leaves the settings, the services and the login here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.services import Services
from dashboard.settings import DashboardSettings

if TYPE_CHECKING:
    from dashboard.access.login import Login

_given: list[tuple[DashboardSettings, Services]] = []
_login: list[Login] = []


def leave(settings: DashboardSettings, services: Services, login: Login | None = None) -> None:
    """Store the settings, the services and the login for the script."""
    _given[:] = [(settings, services)]
    _login[:] = [] if login is None else [login]


def given() -> tuple[DashboardSettings, Services]:
    """Return the settings that the server was started with, and the services.

    Raises:
        RuntimeError: the server has not been started.
    """
    if not _given:
        raise RuntimeError("The dashboard has no settings: start it with `banwatch dashboard`.")
    return _given[0]


def login() -> Login | None:
    """Return what knows who is logged in, or None if nobody logs in."""
    return _login[0] if _login else None
