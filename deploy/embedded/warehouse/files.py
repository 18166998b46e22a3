"""How many files the warehouse may have open: each connection is one, and so is each column that the engine reads."""

from __future__ import annotations

import resource

from deploy.embedded.warehouse.errors import WarehouseUnavailable

BACKLOG = 128
"""Connections that the kernel holds before they are accepted; asyncio accepts as many at once."""

_ENGINE = 256
_FEWEST = 512
_ENOUGH = 10_240


def most_connections(wanted: int) -> int:
    """Raise this process's limit of open files as far as it may, and say how many connections that leaves room for.

    Raises:
        WarehouseUnavailable: when the limit leaves too few.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    reachable = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < reachable:
        resource.setrlimit(resource.RLIMIT_NOFILE, (reachable, hard))
        soft = reachable
    return connections_within(soft if soft != resource.RLIM_INFINITY else _ENOUGH, wanted)


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
