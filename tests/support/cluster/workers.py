"""The processes of banwatch beside a cluster: the embedded warehouse, and a group of workers of any size."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import timedelta

from deploy.supervisor.endpoints import clickhouse_answers
from tests.support.mortal import mortal
from tests.support.stacks import Installation, Running
from tests.support.waiting import eventually

STARTS_WITHIN = timedelta(minutes=3)
ENDS_WITHIN = timedelta(seconds=40)


@dataclass
class Workers:
    """A group of workers, each `banwatch process`."""

    installation: Installation
    running: list[Running] = field(default_factory=list)
    _started: int = 0

    def resize(self, size: int) -> None:
        """Start or end as many workers as it takes. Those that end leave the group by themselves."""
        while len(self.running) < size:
            self._start()
        leaving, self.running = self.running[size:], self.running[:size]
        for worker in leaving:
            worker.process.terminate()
        for worker in leaving:
            worker.wait(ENDS_WITHIN)

    def kill(self) -> None:
        """Kill the oldest worker, so that the group has to notice its silence."""
        worker = self.running.pop(0)
        worker.process.send_signal(signal.SIGKILL)
        worker.wait()

    def check(self) -> None:
        """Assert that no worker has ended by itself."""
        for worker in self.running:
            assert worker.process.poll() is None, worker.said[-2000:]

    @property
    def said(self) -> str:
        """What all workers have printed, those that have ended too."""
        return "".join(path.read_text(errors="replace") for path in self.installation.folder.glob("worker-*.out"))

    def close(self) -> None:
        """Leave none behind."""
        for worker in self.running:
            worker.close()

    def _start(self) -> None:
        self._started += 1
        output = self.installation.folder / f"worker-{self._started}.out"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "deploy.cli", "process"],
                env=mortal(self.installation.environment),
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        self.running.append(Running(process, output))


def warehouse(installation: Installation) -> Running:
    """Start the embedded warehouse, with its tables."""
    running = installation.start("warehouse")
    eventually(lambda: clickhouse_answers(installation.store.url), STARTS_WITHIN)
    migrated = installation.run("migrate")
    assert migrated.returncode == 0, migrated.stderr.decode()
    return running
