"""The memory of a process, in bytes."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path


def resident_memory(pid: int) -> int | None:
    """Return the memory that a process holds, or None if there is no such process."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    # Other systems than Linux have no such file.
    command = ("ps", "-o", "rss=", "-p", str(pid))
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    return int(listed.stdout) * 1024 if listed.stdout.strip() else None
