"""The page."""

from __future__ import annotations

import os

from deploy.addresses import PortTaken
from deploy.settings import load


def dashboard() -> None:
    """Serve the page."""
    from dashboard.server import PageUnavailable, run  # noqa: PLC0415 - an optional part

    try:
        run(load(os.environ).dashboard)
    except PageUnavailable as error:
        raise PortTaken(str(error)) from error
