"""How many files a process may have open: as many as banwatch needs, or a sentence."""

from __future__ import annotations

import resource

from ingest.errors import Failure

NEEDED = 256
WANTED = 65_536
"""A store with many parts and clients takes thousands. Where the hard limit allows more, nothing is gained by it."""


class TooFewFiles(Failure):
    """The hard limit is too low to work with; the message says what to do."""


def raise_limit() -> int:
    """Raise the soft limit of this process, and of those that it starts, towards the hard one; what it is then."""
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
        TooFewFiles
    """
    if files < NEEDED:
        raise TooFewFiles(
            f"A process may open {files} files here (`ulimit -n`), and banwatch needs {NEEDED}: run "
            f"`ulimit -n {NEEDED}` as a user who may, or raise LimitNOFILE of its service."
        )
