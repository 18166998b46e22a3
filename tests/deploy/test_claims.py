"""The process that looks for claims, where its model does not run."""

from __future__ import annotations

from collections.abc import Sequence

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
