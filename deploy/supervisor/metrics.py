"""The metrics of the supervisor: what its processes do, among them the embedded broker, which shows no metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from deploy.supervisor.memory import resident_memory
from deploy.supervisor.process import ManagedProcess
from ingest.metrics import Metrics


class SupervisorMetrics(Metrics):
    """The processes that `banwatch up` has started. An operator names them, by the sources to start."""

    def __init__(self, children: Callable[[], Sequence[ManagedProcess]]) -> None:
        super().__init__()
        self.reads(
            "gauge",
            "banwatch_up_running",
            "1 for a process that runs, is paused or has done its work; 0 for one that has died.",
            lambda: {each.part.name: float(each.running or each.paused or each.finished) for each in children()},
            child=(),
        )
        self.reads(
            "counter",
            "banwatch_up_restarts_total",
            "Starts of each process after its first one. The broker begins anew when it holds much.",
            lambda: {each.part.name: each.starts - 1 for each in children()},
            child=(),
        )
        self.reads(
            "gauge",
            "banwatch_up_resident_memory_bytes",
            "Memory of each process that runs.",
            lambda: _memory(children()),
            child=(),
        )


def _memory(children: Sequence[ManagedProcess]) -> dict[str, float]:
    held = {each.part.name: resident_memory(each.pid) for each in children if each.pid is not None}
    return {name: memory for name, memory in held.items() if memory is not None}
