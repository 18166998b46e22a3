"""The sentences of the page "Alerts"."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AlertsWords:
    """The sentences of the page."""

    title: str = "Alerts"
