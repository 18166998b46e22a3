"""A child of a stack ends with the stack, and a command that a person started outlives the shell."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.supervisor.parent_death import PARENT
from tests.support.stacks import arguments_of
from tests.support.waiting import eventually

PROGRAM = """
import os, sys, time
from pathlib import Path
from deploy.supervisor.parent_death import die_with_parent
die_with_parent()
Path(sys.argv[1], "begun").write_text(str(os.getpid()))
while os.getppid() == int(sys.argv[2]):
    time.sleep(0.01)
time.sleep(0.5)
Path(sys.argv[1], "goes on").touch()
"""
SHELL = '"$1" -c "$2" "$3" $$ & while [ ! -s "$3/begun" ]; do sleep 0.05; done'


def begun_by_a_shell(folder: Path, told: str = "") -> str:
    """Start the program by a shell that ends as soon as the program is at work. Its process id."""
    command = ["sh", "-c", told + SHELL, "sh", sys.executable, PROGRAM, str(folder)]
    subprocess.run(command, check=True, timeout=60)
    return (folder / "begun").read_text()


def test_a_command_outlives_the_shell_that_started_it(tmp_path: Path) -> None:
    begun_by_a_shell(tmp_path)
    assert eventually((tmp_path / "goes on").exists)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of the end of its parent")
def test_a_child_of_a_stack_ends_with_it(tmp_path: Path) -> None:
    pid = begun_by_a_shell(tmp_path, f"export {PARENT}=$$; ")
    assert eventually(lambda: str(tmp_path) not in arguments_of(pid))
    assert not (tmp_path / "goes on").exists()
