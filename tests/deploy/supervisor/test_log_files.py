"""No log grows without end: neither one that was left large nor one that a process goes on writing."""

from __future__ import annotations

import sys
from pathlib import Path

from deploy.supervisor.log_files import LOG_KEPT, fresh_log
from deploy.supervisor.process import ManagedProcess, ProcessSpec
from tests.support.waiting import eventually

# It ends with the test that started it, and waits where nobody bounds its log: it must never fill a disk.
TALKING = """
import os, sys, time
began = os.getppid()
while os.getppid() == began:
    if os.fstat(2).st_size < 6_000_000:
        sys.stderr.write("one more line of what went wrong\\n" * 1000)
    time.sleep(0.002)
"""


def test_a_log_that_a_process_goes_on_writing_stays_bounded(tmp_path: Path) -> None:
    log = fresh_log(tmp_path, "talking")
    log.write_text("of the process before\n" * 100_000)
    child = ManagedProcess(ProcessSpec("talking", (sys.executable, "-c", TALKING), {}), log)
    older = tmp_path / "talking.log.1"
    child.start()
    try:
        for _ in range(3):
            older.unlink(missing_ok=True)

            def looked_at() -> bool:
                child.bound_log()
                return older.exists()

            eventually(looked_at)
            assert older.stat().st_size == LOG_KEPT
            assert "\none more line of what went wrong\n" in older.read_text()
            assert child.running
            eventually(child.last_words)
    finally:
        child.end(0)


def test_a_log_that_was_left_large_begins_anew(tmp_path: Path) -> None:
    (tmp_path / "part.log").write_bytes(b"x" * LOG_KEPT + b"end\n")
    assert fresh_log(tmp_path, "part").stat().st_size == 0
    assert (tmp_path / "part.log.1").read_bytes().endswith(b"end\n")


def test_a_small_log_is_kept(tmp_path: Path) -> None:
    (tmp_path / "part.log").write_text("before\n")
    assert fresh_log(tmp_path, "part").read_text() == "before\n"
    assert not (tmp_path / "part.log.1").exists()
