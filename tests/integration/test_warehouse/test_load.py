"""The load of `make bench-warehouse`, for some seconds: no error, exact counts, and what takes too long is cut.

So do its attacks: the writer is answered, the memory stays small, and nothing is logged.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.benchmarks.warehouse_attacks import ATTACKS, MOST_BYTES, attack
from tests.benchmarks.warehouse_load import run

pytestmark = pytest.mark.long


def test_readers_and_a_writer_side_by_side(tmp_path: Path) -> None:
    figures, right = run(timedelta(seconds=8), timedelta(seconds=3), tmp_path, limit=2, pause=0.0)
    assert figures.errors == []
    assert right
    assert figures.cut >= 1
    assert figures.batches >= 1
    assert figures.answers
    assert figures.beside_long


@pytest.mark.parametrize("name", ATTACKS)
def test_the_writer_is_answered_under_attack(tmp_path: Path, name: str) -> None:
    found = attack(ATTACKS[name], tmp_path, quiet=0.5, seconds=1.5)
    assert found.failures == []
    assert found.peak < MOST_BYTES
    assert found.said == ""
    assert found.attacked
