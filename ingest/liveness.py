"""The liveness of a loop: whether it still turns, and whether it does its work."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Liveness:
    """What a loop shows of itself. The loop writes it, and any thread may read it.

    `ready` says whether the loop does its work; a loop that waits for Kafka or the store turns and is not ready.
    `turned_at` is None before the first turn. `clock` returns seconds of the monotonic clock.
    """

    clock: Callable[[], float] = time.monotonic
    ready: bool = False
    turned_at: float | None = None

    def turned(self, *, ready: bool | None = None) -> None:
        """Note that the loop has turned, and whether it does its work; None if that is as before."""
        self.turned_at = self.clock()
        if ready is not None:
            self.ready = ready

    @property
    def seconds_still(self) -> float:
        """The seconds since the loop last turned; 0 before its first turn, because a start may take long."""
        return 0.0 if self.turned_at is None else self.clock() - self.turned_at
