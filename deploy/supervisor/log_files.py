"""The log files of the child processes. A log file stays bounded, however long its process runs."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

LOG_KEPT = 5 * 1024 * 1024
"""The largest log file in bytes. A larger file is copied to one older file and then emptied."""


def fresh_log(folder: Path, name: str) -> Path:
    """Return the path of a part's log file. A large log file is emptied first."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{name}.log"
    bound(log)
    return log


def bound(log: Path) -> bool:
    """Empty a large log file, even while a process appends to it, and return whether the file was emptied.

    The process keeps the file open, so the file is emptied and not replaced. Lines written between the copy and the
    emptying are lost. On a full disk there is no copy, because the space matters more than old lines.
    """
    if not log.exists() or log.stat().st_size <= LOG_KEPT:
        return False
    with suppress(OSError), log.open("rb") as grown, log.with_name(f"{log.name}.1").open("wb") as older:
        grown.seek(-LOG_KEPT, os.SEEK_END)
        older.write(grown.read(LOG_KEPT))
    os.truncate(log, 0)
    return True
