"""A timeline in block characters, for channels that show text only."""

from __future__ import annotations

from collections.abc import Sequence

from processing.alerts.message.wording import Wording
from processing.alerts.news import Picture

BLOCKS = "▁▂▃▄▅▆▇█"
MOST_BLOCKS = 32
_LEFT_TO_RIGHT_ISOLATE, _POP_ISOLATE = "\u2066", "\u2069"


def blocks(counts: Sequence[int]) -> str:
    """Return a block for each count, as high as its share of the highest. Only nothing at all has no height."""
    highest = max(counts, default=0) or 1
    return "".join(BLOCKS[-(-count * (len(BLOCKS) - 1) // highest)] for count in counts)


def gathered(counts: Sequence[int], most: int = MOST_BLOCKS) -> tuple[int, ...]:
    """Return sums of equally many counts each, `most` of them or fewer. The last may be of fewer counts."""
    step = -(-len(counts) // most) or 1
    return tuple(sum(counts[first : first + step]) for first in range(0, len(counts), step))


def sparkline(picture: Picture, wording: Wording) -> str:
    """Return the timeline between its first and its last time. Time runs from left to right in every language."""
    end = picture.start + len(picture.counts) * picture.width
    line = f"{wording.local_clock(picture.start)} {blocks(gathered(picture.counts))} {wording.local_clock(end)}"
    return f"{_LEFT_TO_RIGHT_ISOLATE}{line}{_POP_ISOLATE}" if wording.language == "ar" else line
