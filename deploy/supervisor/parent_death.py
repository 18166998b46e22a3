"""This module ends a child process when its parent process ends."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

PARENT = "LIFELINE_PARENT"
"""The environment variable that holds the process id of a child's parent."""


def die_with_parent() -> None:
    """Ask the kernel to end this child of a stack when its parent ends in any way.

    A command that a person started outlives its shell, as `nohup` and a service want it. Linux keeps the request across
    `exec`. On other systems nothing happens: a remaining child answers at its address, and the next `banwatch up` uses
    it.
    """
    parent = os.environ.pop(PARENT, None)
    if parent is None or sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if int(parent) != os.getppid():
        # The parent ended while this process was starting, so the kernel will send no signal.
        sys.exit(1)
