"""The load of `make bench-warehouse`, for some seconds: no error, exact counts, and what takes too long is cut."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.benchmarks.warehouse_load import run


def test_readers_and_a_writer_side_by_side(tmp_path: Path) -> None:
    figures, right = run(timedelta(seconds=8), timedelta(seconds=3), tmp_path, limit=2, pause=0.0)
    assert figures.errors == []
    assert right
    assert figures.cut >= 1
    assert figures.batches >= 1
    assert figures.answers
    assert figures.beside_long
