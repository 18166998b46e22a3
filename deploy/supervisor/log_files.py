"""The log files of the child processes: none grows without end, however long a process runs."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

LOG_KEPT = 5 * 1024 * 1024
"""Bytes that a log may have; beyond them its end is kept beside it, as one older file, and it begins anew."""


def fresh_log(folder: Path, name: str) -> Path:
    """The log file of a part, begun anew when it has grown large."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{name}.log"
    bound(log)
    return log


def bound(log: Path) -> bool:
    """Begin a log anew when it has grown large, also while a process appends to it; whether that was done.

    The process goes on with the same open file, so the file is emptied and not replaced. What it writes between the
    copy and the emptying is lost. On a full disk the copy is left out: the room is needed more than old lines.
    """
    if not log.exists() or log.stat().st_size <= LOG_KEPT:
        return False
    with suppress(OSError), log.open("rb") as grown, log.with_name(f"{log.name}.1").open("wb") as older:
        grown.seek(-LOG_KEPT, os.SEEK_END)
        older.write(grown.read(LOG_KEPT))
    os.truncate(log, 0)
    return True
