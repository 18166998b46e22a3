"""The warehouse's budget of open files: each connection is a file, and so is each column that the engine reads."""

from __future__ import annotations

from deploy.embedded.chdb_http.errors import WarehouseUnavailable

BACKLOG = 128
"""The most connections that the kernel queues before they are accepted. asyncio accepts as many at once."""

_ENGINE = 256
_FEWEST = 512


def connections_within(files: int, wanted: int) -> int:
    """Return how many connections fit in a limit of open files, after the engine's files and the kernel's queue.

    Raises:
        WarehouseUnavailable: the limit is too low.
    """
    if files < _FEWEST:
        raise WarehouseUnavailable(
            f"The warehouse needs {_FEWEST} open files and may have {files}: raise the limit (`ulimit -n {_FEWEST}`)."
        )
    return min(wanted, files - _ENGINE - BACKLOG)
