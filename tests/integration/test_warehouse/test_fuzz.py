"""No function, in whatever place and with whatever arguments, leads a reader to a file or to an address."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.test_warehouse.fuzz import attack, attacked

pytestmark = pytest.mark.long

QUERIES = 4_500
"""Twice as many as there are functions and table functions."""


def test_machine_made_queries_reach_no_file_and_no_address(tmp_path: Path) -> None:
    with attacked(tmp_path) as (warehouse, canaries):
        result = attack(warehouse, canaries, QUERIES, seed=20200710)
    assert result.leaks == []
    assert (result.tried, result.answered > 150) == (QUERIES, True)
