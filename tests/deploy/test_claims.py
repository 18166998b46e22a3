"""The process that looks for claims: how it gives way, and its model where that does not run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from deploy.processes import claims
from processing.claims.embedding import DIMENSIONS, E5, Vectors


@pytest.mark.parametrize("runs", [True, False])
def test_a_model_that_does_not_run_is_none(runs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(_: E5, texts: Sequence[str]) -> Vectors:
        return np.full((len(texts), DIMENSIONS), float(runs), np.float32)

    monkeypatch.setattr(claims, "is_installed", lambda: True)
    monkeypatch.setattr(E5, "__call__", answer)
    with claims.embedding() as model:
        assert (model is not None) is runs


def test_it_leaves_processor_and_memory_to_others() -> None:
    said = "from deploy.processes.claims import *; give_way(); print(os.nice(0))"
    for file in ("oom_score_adj", "autogroup"):
        if Path("/proc/self", file).exists():
            said += f"; print(Path('/proc/self/{file}').read_text().split()[-1])"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, check=True, start_new_session=True)
    assert done.stdout.split() in ([b"10", b"1000", b"10"], [b"10", b"1000"], [b"10"])
