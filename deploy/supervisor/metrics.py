"""The metrics of the supervisor: what its processes do, among them the embedded broker, which shows no metrics."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from deploy.supervisor.process import ManagedProcess
from ingest.metrics import Metrics

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class SupervisorMetrics(Metrics):
    """The processes that `banwatch up` has started. An operator names them, by the sources to start."""

    def __init__(self, children: Callable[[], Sequence[ManagedProcess]]) -> None:
        super().__init__()
        self.reads(
            "gauge",
            "banwatch_up_running",
            "1 for a process that runs or has done its work, 0 for one that has died.",
            lambda: {each.part.name: float(each.running or each.finished) for each in children()},
            child=(),
        )
        self.reads(
            "counter",
            "banwatch_up_restarts_total",
            "Starts of each process after its first one.",
            lambda: {each.part.name: each.starts - 1 for each in children()},
            child=(),
        )
        self.reads(
            "gauge",
            "banwatch_up_resident_memory_bytes",
            "Memory of each process that runs, on Linux.",
            lambda: _memory(children()),
            child=(),
        )


def _memory(children: Sequence[ManagedProcess]) -> dict[str, float]:
    found: dict[str, float] = {}
    for each in children:
        with suppress(OSError, ValueError, IndexError):  # the process ends meanwhile, or the machine has no /proc
            found[each.part.name] = int(Path(f"/proc/{each.pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    return found
