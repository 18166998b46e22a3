"""Who looks at the page, and what this person may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may do on the page."""

    VIEWER = "viewer"
    """Reads everything."""
    OPERATOR = "operator"
    """Also acknowledges, silences, annotates and saves queries."""


@dataclass(frozen=True)
class Viewer:
    """A person at the page. `name` is empty for somebody who has not logged in."""

    name: str = ""
    role: Role = Role.VIEWER
    local: bool = False
    """Whether the page is reached from its own machine only, where nobody logs in."""
    can_log_in: bool = False
    """Whether somebody who has not logged in could."""
