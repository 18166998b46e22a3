"""promtool, which checks the rules of Prometheus."""

from __future__ import annotations

import shutil
from pathlib import Path

FETCHED = Path(__file__).parents[2] / "target" / "promtool"
"""Where `tests.prepare` puts it."""


def path() -> str | None:
    """Where it is, or None."""
    return shutil.which("promtool") or (str(FETCHED) if FETCHED.exists() else None)


def missing() -> str | None:
    """Why it cannot be run here, or None."""
    return None if path() else f"promtool is not in {FETCHED}: run `python -m tests.prepare promtool` on Debian"
