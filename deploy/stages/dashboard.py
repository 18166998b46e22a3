"""The page."""

from __future__ import annotations

import os

from deploy.settings import load


def dashboard() -> None:
    """Serve the page."""
    from dashboard.server import run  # noqa: PLC0415 - an optional part

    run(load(os.environ).dashboard)
