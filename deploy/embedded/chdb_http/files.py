"""How many files the warehouse may have open: each connection is one, and so is each column that the engine reads."""

from __future__ import annotations

from deploy.embedded.chdb_http.errors import WarehouseUnavailable

BACKLOG = 128
"""Connections that the kernel holds before they are accepted; asyncio accepts as many at once."""

_ENGINE = 256
_FEWEST = 512


def connections_within(files: int, wanted: int) -> int:
    """How many connections a limit of open files leaves room for, beside the engine's files and those not accepted yet.

    Raises:
        WarehouseUnavailable: when the limit leaves too few.
    """
    if files < _FEWEST:
        raise WarehouseUnavailable(
            f"The warehouse needs {_FEWEST} open files and may have {files}: raise the limit (`ulimit -n {_FEWEST}`)."
        )
    return min(wanted, files - _ENGINE - BACKLOG)
