"""`python -m tests.support.mortal COMMAND ...`: a program that ends with the process that started it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from deploy.supervisor.parent_death import PARENT, die_with_parent


def mortal(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment in which a process of banwatch ends with this one."""
    return {**environment, PARENT: str(os.getpid())}


def started(command: Sequence[str], *, env: Mapping[str, str] = os.environ, **options: Any) -> subprocess.Popen[bytes]:
    """Start a program that knows nothing of its parent. It has the process id that is returned."""
    return subprocess.Popen([sys.executable, "-m", "tests.support.mortal", *command], env=mortal(env), **options)


if __name__ == "__main__":
    die_with_parent()
    os.execvp(sys.argv[1], sys.argv[1:])
