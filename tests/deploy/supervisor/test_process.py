"""One child process, whose lines somebody reads."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from deploy.supervisor.process import ManagedProcess, ProcessSpec
from tests.support.waiting import eventually


def test_a_line_that_cannot_be_used_does_not_stop_the_process(tmp_path: Path) -> None:
    """A pipe that nobody reads is full after 64 KiB."""
    heard: list[str] = []

    def hear(line: str) -> None:
        heard.append(line)
        raise OSError("No space left on device")

    talk = "for number in range(10):\n    print('x' * 20_000)"
    spec = ProcessSpec("source", (sys.executable, "-c", talk), dict(os.environ), finishes=True)
    process = ManagedProcess(spec, tmp_path / "log", hear)
    process.start()
    eventually(lambda: process.finished and len(heard) == 10)
