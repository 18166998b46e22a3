"""How many of some posts are generated, and the sentence that every page, feed and picture says of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from dashboard.i18n import Words
from processing.contract import Incident


class Held(Protocol):
    """Whose posts are shown: sources of generated posts, and of collected ones."""

    @property
    def generated(self) -> tuple[str, ...]: ...
    @property
    def collected(self) -> tuple[str, ...]: ...


class Synthetic(StrEnum):
    """How many of some posts are generated."""

    NO = "no"
    PARTLY = "partly"
    YES = "yes"

    def note(self, words: Words) -> str:
        """Return the sentence that says so; empty for NO."""
        return {Synthetic.NO: "", Synthetic.PARTLY: words.partly_synthetic, Synthetic.YES: words.synthetic}[self]


def synthetic_of(shown: Held | None, *incidents: Incident) -> Synthetic:
    """Return how many of the posts are generated, in what is shown and in these incidents."""
    known = shown is not None and bool(shown.generated)
    if not known and not any(incident.synthetic for incident in incidents):
        return Synthetic.NO
    return Synthetic.PARTLY if shown is not None and shown.collected else Synthetic.YES
