"""What can happen to a cluster and to a group of workers. Each fault is over when its function returns."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Mapping

from tests.support.cluster.trial import WORKERS, Trial, pause

FENCED_AFTER = 12.0
"""Seconds after which a silent broker has lost its leadership: Kafka waits for 9."""
FROZEN = 22.0
REBALANCED_AFTER = 4.0
STORM = 4
"""Changes of the group, one right after the other."""


def kill(trial: Trial) -> None:
    """A broker that leads partitions dies, and comes back."""
    broker = trial.cluster.busiest()
    broker.end(signal.SIGKILL)
    pause(FENCED_AFTER)
    broker.start()
    trial.cluster.wait_until_whole()


def freeze(trial: Trial) -> None:
    """A broker stands still with open connections, and goes on as if nothing had been."""
    broker = trial.cluster.busiest()
    broker.signal(signal.SIGSTOP)
    pause(FROZEN)
    broker.signal(signal.SIGCONT)
    trial.cluster.wait_until_whole()


def partition(trial: Trial) -> None:
    """A broker is cut off from the other brokers, and clients still reach it."""
    broker = trial.cluster.busiest()
    trial.cluster.network.cut_off(broker.number)
    pause(FROZEN)
    trial.cluster.network.join_again(broker.number)
    trial.cluster.wait_until_whole()


def disk(trial: Trial) -> None:
    """The disk of a broker is full; the broker ends, and starts again once there is room."""
    broker = trial.cluster.busiest()
    ballast = broker.data / "ballast"
    with ballast.open("wb") as file:
        while left := shutil.disk_usage(broker.data).free:
            file.write(b"0" * min(left, 1 << 20))
            file.flush()
    broker.wait()
    pause(FENCED_AFTER)
    ballast.unlink()
    broker.start()
    trial.cluster.wait_until_whole()


def rolling_restart(trial: Trial) -> None:
    """Every broker is restarted in its turn, as for an upgrade."""
    for broker in trial.cluster.nodes:
        broker.end(signal.SIGTERM)
        broker.start()
        trial.cluster.wait_until_whole()


def resize(trial: Trial) -> None:
    """The group shrinks to one worker and grows again; then workers die and come in quick succession."""
    trial.workers.resize(1)
    pause(REBALANCED_AFTER)
    trial.workers.resize(WORKERS)
    pause(REBALANCED_AFTER)
    for _ in range(STORM):
        trial.workers.kill()
        pause(1)
        trial.workers.resize(WORKERS)


FAULTS: Mapping[str, Callable[[Trial], None]] = {
    "kill": kill,
    "freeze": freeze,
    "partition": partition,
    "disk": disk,
    "rolling-restart": rolling_restart,
    "resize": resize,
}
