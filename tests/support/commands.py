"""Commands of banwatch that end by themselves, without the time that their imports take.

They are forked from one interpreter, which imports all of them when the first is run.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from tests.conftest import ROOT
from tests.support.forks import Forks, forking


def banwatch(
    *arguments: str, environment: Mapping[str, str], folder: Path = ROOT, given: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run a command in this folder to its end, with this environment and standard input."""
    with tempfile.TemporaryDirectory() as files:
        Path(files, "stdin").write_bytes(given)
        status = _forks().start(files, str(folder), json.dumps(dict(environment)), *arguments).wait()
        stdout, stderr = (Path(files, name).read_bytes() for name in ("stdout", "stderr"))
    return subprocess.CompletedProcess(arguments, status, stdout, stderr)


@cache
def _forks() -> Forks:
    kept = ExitStack()
    atexit.register(kept.close)
    return kept.enter_context(forking("tests.support.command_process:run"))
