"""The process that looks for claims: how it gives way, and its model where that does not run."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.processes import claims
from processing.claims import embedding

CHILDREN = {
    "answers": ("import sys; sys.stdout.buffer.write((1536).to_bytes(4, 'little') + bytes(1536))", True),
    "is slow": ("import time; time.sleep(60)", True),
    "is killed for its memory": ("import os; os.kill(os.getpid(), 9)", True),
    "lacks an instruction": ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", False),
    "cannot be imported": ("import nothing_of_this_name", False),
}


@pytest.mark.parametrize(("program", "runs"), CHILDREN.values(), ids=CHILDREN)
def test_a_model_is_given_up_only_where_it_cannot_run(
    monkeypatch: pytest.MonkeyPatch, program: str, *, runs: bool
) -> None:
    def started() -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        return subprocess.Popen([sys.executable, "-c", program], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)

    monkeypatch.setattr(claims, "is_installed", lambda: True)
    monkeypatch.setattr(embedding, "_started", started)
    monkeypatch.setattr(embedding, "PATIENCE", timedelta(seconds=2) if "sleep" in program else embedding.PATIENCE)
    with claims.embedding() as model:
        assert (model is not None) is runs


def test_it_leaves_processor_and_memory_to_others() -> None:
    said = "from deploy.processes.claims import *; give_way(); print(os.nice(0))"
    for file in ("oom_score_adj", "autogroup"):
        if Path("/proc/self", file).exists():
            said += f"; print(Path('/proc/self/{file}').read_text().split()[-1])"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, check=True, start_new_session=True)
    assert done.stdout.split() in ([b"10", b"1000", b"10"], [b"10", b"1000"], [b"10"])
