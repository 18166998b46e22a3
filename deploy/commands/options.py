"""What several commands share: the settings, and how results are printed."""

from __future__ import annotations

import os
from enum import StrEnum

from deploy.settings import Settings, load


class TableFormat(StrEnum):
    """How records are printed."""

    TABLE = "table"
    JSON = "json"


class TextFormat(StrEnum):
    """How a report is printed."""

    TEXT = "text"
    JSON = "json"


def settings() -> Settings:
    """From the environment."""
    return load(os.environ)
