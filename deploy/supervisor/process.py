"""One child process of the stack: this module starts it, reads its output and ends it."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from deploy.supervisor.log_files import bound
from deploy.supervisor.parent_death import PARENT
from deploy.supervisor.restart_policy import Deaths

log = structlog.get_logger()

BANWATCH = (sys.executable, "-P", "-m", "deploy.cli")
"""The beginning of a child's command. `-P`: it imports nothing from the folder in which its user stands."""

BROKER = "broker"
"""The name of the embedded broker among the parts."""


@dataclass(frozen=True)
class ProcessSpec:
    """The description of a child process.

    `needs` names the parts on whose memory it depends: their restart restarts it.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    """The complete environment of the process."""
    needs: tuple[str, ...] = ()
    finishes: bool = False
    """Whether the process ends with status 0 when its work is done."""
    hears_input: bool = False
    """Whether the process reads this process's standard input."""
    is_source: bool = False
    """Whether the process reads a network or an archive into Kafka."""
    expendable: bool = False
    """Whether the stack goes on without the process after repeated deaths or after status 2 (a person must act)."""


@dataclass
class ManagedProcess:
    """A part and its current process.

    Its standard output goes to `hear` line by line; its standard error goes to `log`.
    """

    part: ProcessSpec
    log: Path
    hear: Callable[[str], None] | None = None
    deaths: Deaths = field(default_factory=Deaths)
    given_up: bool = False
    due: float | None = None
    """The time of the next start, in seconds of the monotonic clock; None while it runs or has finished.

    It is infinite while the start waits for another part.
    """
    starts: int = 0
    """How often the process has been started."""
    _process: subprocess.Popen[str] | None = None
    _began_at: int = 0
    """The offset in the log at which the last process began, in bytes."""
    _listener: threading.Thread | None = None

    def start(self) -> None:
        """Start the process in a session of its own.

        Ctrl-C then reaches only the stack, which ends all processes in order.
        """
        self.due = None
        self.starts += 1
        with self.log.open("ab") as log:
            self._began_at = log.tell()
            self._process = subprocess.Popen(
                self.part.command,
                stdin=None if self.part.hears_input else subprocess.DEVNULL,
                stdout=subprocess.PIPE if self.hear else log,
                stderr=log,
                env=dict(self.part.environment) | {PARENT: str(os.getpid())},
                start_new_session=True,
                text=True,
                errors="replace",
            )
        if self.hear:
            self._listener = threading.Thread(target=self._listen, args=(self._process, self.hear), daemon=True)
            self._listener.start()

    def _listen(self, process: subprocess.Popen[str], hear: Callable[[str], None]) -> None:
        if process.stdout is None:
            return
        with process.stdout as lines:
            for line in lines:
                try:
                    hear(line.rstrip("\n"))
                except Exception:
                    log.exception("a line of a process was lost", process=self.part.name)

    @property
    def running(self) -> bool:
        """Whether the process is running."""
        return self._process is not None and self._process.poll() is None

    @property
    def status(self) -> int | None:
        """Exit status of the last process; None while it runs or before the first."""
        return None if self._process is None else self._process.poll()

    @property
    def pid(self) -> int | None:
        """The id of the process; None while none runs."""
        return self._process.pid if self._process is not None and self.running else None

    @property
    def finished(self) -> bool:
        """Whether the process ended with its work done. A process that waits for its next start has not finished."""
        return self.part.finishes and self.status == 0 and self.due is None

    @property
    def paused(self) -> bool:
        """Whether its next start waits for another part, as that of a paused source does."""
        return self.due == math.inf

    def end(self, patience: float) -> None:
        """Send SIGTERM, and kill the process after `patience` seconds."""
        self.ask_to_end()
        self.reap(time.monotonic() + patience)

    def ask_to_end(self) -> None:
        """Send SIGTERM."""
        if self._process is not None and self.running:
            self._process.send_signal(signal.SIGTERM)

    def ask_to_pause(self) -> None:
        """Ask a source to read no more, and to end once all that it has sent is counted (SIGUSR1)."""
        if self._process is not None and self.running:
            self._process.send_signal(signal.SIGUSR1)

    def reap(self, deadline: float) -> None:
        """Wait for the process until `deadline`, in seconds of the monotonic clock, then kill it."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._listener is not None:
            self._listener.join(timeout=1)

    def bound_log(self) -> None:
        """Empty the log file if it has grown large."""
        if bound(self.log):
            self._began_at = 0

    def last_words(self, lines: int = 5) -> str:
        """Return the last lines that the last process wrote to its log."""
        if not self.log.exists():
            return ""
        written = self.log.read_bytes()
        # A log that is shorter now has been emptied.
        own = written[self._began_at :] if len(written) >= self._began_at else written
        return "\n".join([line for line in own.decode(errors="replace").splitlines() if line.strip()][-lines:])

    @property
    def ending(self) -> str:
        """How the last process ended, as a phrase for a person."""
        status = self.status
        if status is None or status >= 0:
            return f"ended with status {status}"
        if -status == signal.SIGKILL:
            return "was ended by SIGKILL, as the kernel does where memory runs out"
        return f"was ended by {signal.Signals(-status).name}"
