"""The sentences of logging in, and of what a role permits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AccessWords:
    """The sentences of logging in, and of what a role permits."""
