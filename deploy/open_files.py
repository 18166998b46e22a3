"""How many files a process may have open: as many as banwatch needs, or a sentence."""

from __future__ import annotations

import resource

from ingest.failure import Failure

NEEDED = 256
WANTED = 65_536
"""A store with many parts and clients takes thousands. Where the hard limit allows more, nothing is gained by it."""


class TooFewFiles(Failure):
    """The hard limit is too low to work with; the message says what to do."""


def raise_limit() -> None:
    """Raise the soft limit of this process, and of those that it starts, towards the hard one.

    Raises:
        TooFewFiles
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED if hard == resource.RLIM_INFINITY else min(hard, WANTED)
    if most < NEEDED:
        raise TooFewFiles(
            f"A process may open {hard} files here (`ulimit -n`), and banwatch needs {NEEDED}: run "
            f"`ulimit -n {NEEDED}` as a user who may, or raise LimitNOFILE of its service."
        )
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
