"""The limit of open files: this module raises it, or fails with a sentence if it stays too low."""

from __future__ import annotations

import resource

from ingest.errors import Failure

NEEDED = 256
ENOUGH = 4_096
"""Enough for a store of some months. Fewer do until many queries and merges run at once."""

WANTED = 65_536
"""A store with many parts and clients opens thousands of files. A higher limit has no use."""


class TooFewFiles(Failure):
    """The hard limit of open files is too low; the message says how to raise it."""


def raise_limit() -> int:
    """Raise the soft limit of this process and its children towards the hard limit, and return the new limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return WANTED
    most = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(soft, most)


def require_enough(files: int) -> None:
    """Refuse a limit that is too low.

    Raises:
        TooFewFiles: the limit is below `NEEDED`.
    """
    if files < NEEDED:
        raise TooFewFiles(
            f"A process may open {files} files here (`ulimit -n`), and banwatch needs {NEEDED}: run "
            f"`ulimit -n {NEEDED}` as a user who may, or raise LimitNOFILE of its service."
        )
