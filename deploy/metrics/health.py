"""Whether a process lives and does its work, by what its loops show of themselves."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

from ingest.liveness import Liveness
from ingest.metrics import Metrics

Loop = Literal["collector", "worker", "watch", "claims", "dispatcher", "server", "engine", "supervisor"]

ALIVE_WITHIN = 300.0
"""Seconds within which a loop turns. A turn takes a second, or several requests to a slow store, of 30 seconds at most.
Kafka too takes a worker for dead that does not poll for so long."""


@dataclass
class Health:
    """The loops of a process."""

    loops: dict[Loop, Liveness] = field(default_factory=dict)

    def loop(self, name: Loop) -> Liveness:
        """Return the liveness of a loop, from which on the process is judged by it too."""
        return self.loops.setdefault(name, Liveness())

    def stuck(self) -> list[str]:
        """Return one sentence for each loop that has not turned for too long."""
        return [
            f"The loop {name} has not turned for {each.seconds_still:.0f} s."
            for name, each in self.loops.items()
            if each.seconds_still > ALIVE_WITHIN
        ]

    def not_ready(self) -> list[str]:
        """Return one sentence for each loop that does not do its work."""
        waiting = [f"The loop {name} does not do its work yet." for name, each in self.loops.items() if not each.ready]
        return self.stuck() + waiting


def turned(liveness: Liveness) -> Callable[[], Awaitable[None]]:
    """Return what a server calls from its event loop every second: it turns, and so it serves."""

    async def call() -> None:
        liveness.turned(ready=True)

    return call


class HealthMetrics(Metrics):
    """The loops of a process, as metrics."""

    def __init__(self, health: Health) -> None:
        super().__init__()
        self.reads(
            "gauge",
            "banwatch_loop_still_seconds",
            "Time since each loop of the process last turned.",
            lambda: {name: each.seconds_still for name, each in health.loops.items()},
            loop=get_args(Loop),
        )
        self.reads(
            "gauge",
            "banwatch_loop_ready",
            "1 for each loop that does its work, 0 for one that waits for something.",
            lambda: {name: float(each.ready) for name, each in health.loops.items()},
            loop=get_args(Loop),
        )


class ProcessInfo(Metrics):
    """Which process this is, and of which version."""

    def __init__(self, process: str, version: str) -> None:
        super().__init__(process=process, version=version)
        self.reads("gauge", "banwatch_process_info", "Always 1. The labels say which process this is.", lambda: 1.0)
