"""What is said of an archive that was played: what an earlier run had read, and what the watch had passed already."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ingest.sources.archive.source import Archive


def archive_notes(archive: Archive, scored_until: datetime | None) -> Iterator[str]:
    """A sentence for each. `scored_until` is how far the watch had looked when the archive was begun."""
    played = archive.played
    if played is None:
        return
    if played.lines_before >= played.lines:
        yield (
            f"Nothing was sent: an earlier run has read all {played.lines:,} lines of this archive and placed them "
            f"from {_moment(played.first)} to {_moment(played.last)}. To play it anew, or with other times, set "
            "BANWATCH_DATA_DIR to an empty folder."
        )
    elif not played.lines_before and scored_until is not None and played.first < scored_until:
        until = min(played.last, scored_until)
        yield (
            f"The watch had looked at everything up to {_moment(scored_until)}, so it opens no incident for the posts "
            f"from {_moment(played.first)} to {_moment(until)}. They are counted; `banwatch backtest --from "
            f"{played.first:%Y-%m-%dT%H:%M} --to {until:%Y-%m-%dT%H:%M} --write` records what happened then."
        )


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
