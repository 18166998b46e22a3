"""The sentences of the operators' desk in the reader's language."""

from __future__ import annotations

from dashboard.i18n import Words
from dashboard.services import DeskUnavailable


def fault(error: DeskUnavailable, words: Words) -> str:
    """Return why an entry was not written."""
    return str(getattr(words.access, f"desk_{error.fault.value}"))
