"""The memory of this machine and the memory of a process, in bytes."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

CONTAINER_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""The files in which Linux shows the limit of a container, in version 2 and in version 1 of its control groups."""


def memory_of_machine() -> int:
    """Return the memory of this machine, or the limit of this container where that is lower."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *_limits()])


def _limits() -> list[int]:
    found = []
    for file in CONTAINER_LIMITS:
        with suppress(OSError, ValueError):  # a container without a limit shows a word
            found.append(int(file.read_text()))
    return found


def resident_memory(pid: int) -> int | None:
    """Return the memory that a process holds, or None if there is no such process."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    # Other systems than Linux have no such file.
    command = ("ps", "-o", "rss=", "-p", str(pid))
    listed = subprocess.run(command, capture_output=True, text=True, check=False)
    return int(listed.stdout) * 1024 if listed.stdout.strip() else None
