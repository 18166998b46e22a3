"""Who is killed next: at random, but never so often that the supervisor rightly gives up on them."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field
from random import Random

from deploy.supervisor.restart_policy import RestartPolicy
from tests.support.stacks import Running

VICTIMS = {"worker": "process", "source": "archive", "broker": "broker", "warehouse": "warehouse", "watch": "watch"}
"""Part of the stack -> word of its command line."""

FROZEN_SECONDS = 9.0
"""Longer than the group waits for a member: its partitions go to others while it still holds a batch."""


@dataclass
class Monkey:
    """Kills the children of one stack."""

    running: Running
    chance: Random
    policy: RestartPolicy = field(default_factory=RestartPolicy)
    kills: dict[str, list[float]] = field(default_factory=dict)
    freezes: int = 0
    _frozen: tuple[int, float] | None = None

    def strike(self) -> str | None:
        """Kill one child by SIGKILL; the name of its part, None where nobody may be killed now."""
        now = time.monotonic()
        spared = [part for part in VICTIMS if self._recent(part, now) + 2 >= self.policy.most]
        candidates = [part for part in VICTIMS if part not in spared and self.running.children(VICTIMS[part])]
        if not candidates:
            return None
        fewest = min(len(self.kills.get(part, [])) for part in candidates)
        part = self.chance.choice([part for part in candidates if len(self.kills.get(part, [])) == fewest])
        pids = self.running.children(VICTIMS[part])
        if not pids or not _signal(self.chance.choice(pids), signal.SIGKILL):
            return None
        self.kills.setdefault(part, []).append(now)
        return part

    def freeze(self) -> bool:
        """Stop a worker for so long that the others take over its partitions; `thaw` lets it go on."""
        workers = self.running.children(VICTIMS["worker"])
        if self._frozen is not None or len(workers) < 2:
            return False
        worker = self.chance.choice(workers)
        if not _signal(worker, signal.SIGSTOP):
            return False
        self._frozen = (worker, time.monotonic() + FROZEN_SECONDS)
        self.freezes += 1
        return True

    def thaw(self, *, now: bool = False) -> None:
        """Let a frozen worker go on when its time has come."""
        if self._frozen is not None and (now or time.monotonic() >= self._frozen[1]):
            _signal(self._frozen[0], signal.SIGCONT)
            self._frozen = None

    @property
    def idle(self) -> bool:
        """Whether nobody is frozen."""
        return self._frozen is None

    def _recent(self, part: str, now: float) -> int:
        return sum(now - at < self.policy.window for at in self.kills.get(part, []))


def _signal(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
