"""A child process does not outlive the one that started it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

PARENT = "LIFELINE_PARENT"
"""Environment variable that names the process a child belongs to."""


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends, however that happens.

    Linux keeps the promise across `exec`. Elsewhere nothing is done: a part that is left over answers at its
    address, and the next `banwatch up` uses it.
    """
    parent = os.environ.pop(PARENT, None)
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if parent is not None and int(parent) != os.getppid():
        # It ended while this process was still starting: the kernel sends nothing any more.
        sys.exit(1)
