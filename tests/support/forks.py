"""Processes to be killed, of a function whose module is imported once: `python -m tests.support.forks MODULE:FUNCTION`.

with forking("tests.support.killed_dispatcher:main") as dispatchers:
    dispatcher = dispatchers.start(url, password)
    dispatcher.kill()
    assert dispatcher.wait() == -signal.SIGKILL
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from typing import IO, Any

from tests.conftest import ROOT

LONGEST = 180
"""The seconds after which SIGALRM ends a process that nothing else has ended."""


@dataclass(frozen=True)
class Forked:
    """One process."""

    pid: int
    answers: IO[str]

    def kill(self) -> None:
        """Kill it if it has not ended by itself; `wait` says which."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Its exit status, once it has ended; the negative number of the signal that has killed it."""
        return int(self.answers.readline())


@dataclass(frozen=True)
class Forks:
    """What forks one process after the other. Each is waited for before the next is started."""

    questions: IO[str]
    answers: IO[str]

    def start(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Forked:
        """Call the function in a process of its own, with these arguments and further settings."""
        self.questions.write(json.dumps([arguments, dict(environment or {})]) + "\n")
        self.questions.flush()
        return Forked(int(self.answers.readline()), self.answers)


@contextmanager
def forking(function: str) -> Iterator[Forks]:
    """Import a module, and fork a process that calls its function whenever one is started."""
    command = [sys.executable, "-m", "tests.support.forks", function]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True, start_new_session=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Forks(process.stdin, process.stdout)
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def main(name: str) -> None:
    """Answer each line with the process's id, and with its exit status once it has ended."""
    module, _, wanted = name.partition(":")
    function = getattr(import_module(module), wanted)
    for line in sys.stdin:
        arguments, environment = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _run(function, arguments, environment)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _run(function: Callable[..., Any], arguments: list[str], environment: dict[str, str]) -> None:
    """Call the function and end this process; what it prints goes to standard error."""
    signal.alarm(LONGEST)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    os.environ.update(environment)
    try:
        function(*arguments)
    except BaseException:  # noqa: BLE001 - the process ends here, whatever has happened
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
