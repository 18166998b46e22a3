"""A command whose output goes to a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys


def on_a_terminal(environment: dict[str, str], *arguments: str, lines: int, **more: str) -> tuple[int, str]:
    """Run it where standard output and input are a terminal; its status and what the terminal showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "deploy.cli", *arguments],
        env=environment | {"LINES": str(lines), "COLUMNS": "80"} | more,
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.STDOUT,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:
            break  # the terminal's other end is closed
        if not piece:
            break
        shown += piece
    os.close(ours)
    return process.wait(60), shown.decode(errors="replace")
