"""How much of banwatch has to be read to understand the watch."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT

PROGRAM = """
import sys
import processing.watch
ours = {"ingest", "processing", "dashboard", "deploy"}
print(*sorted(name for name in sys.modules if name.partition(".")[0] in ours))
"""


def test_the_watch_imports_fewer_than_thirty_modules_of_ours() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)
    modules = run.stdout.split()
    assert "processing.detection.series" in modules
    assert len(modules) < 30, modules
