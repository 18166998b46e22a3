"""The page."""

from __future__ import annotations

import os

from deploy.settings import load
from deploy.supervisor.endpoints import PortTaken


def dashboard() -> None:
    """Serve the page."""
    from dashboard.server import PageUnavailable, run  # noqa: PLC0415 - an optional part

    try:
        run(load(os.environ).dashboard)
    except PageUnavailable as error:
        raise PortTaken(str(error)) from error
