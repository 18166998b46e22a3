"""`python -m tests.benchmarks.floods`: which floods of near-duplicates are told, and beside how many people."""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import structlog

from processing.store.client import Store
from processing.store.migrate import migrate
from tests.support.floods import KINDS, Flood, play, posts_of, quiet_day
from tests.support.parts import Parts, shipped_enricher

SIZES = (20, 80, 300, 2_000)
PEOPLE = (0, 10, 20, 40)
ACCOUNTS = {0: "all different", 1: "one", 3: "three"}
BY_FEW = ("exact", "four words changed", "eight words added", "in twelve languages")
"""Kinds that are also tried by one account and by three: copied, in words of their own, and translated."""


def main(folder: Path, kinds: Sequence[str]) -> None:
    """Print, of each flood, the fewest people with whom something is told."""
    enricher = shipped_enricher()
    print(f"told beside so many people (of {', '.join(map(str, PEOPLE))}), by the number of copies:")
    print("  " + "copies".ljust(24) + "accounts".ljust(15) + "".join(f"{size:>8,}" for size in SIZES))
    with Parts(folder) as parts:
        migrate(parts.store)
        with Store(parts.store) as store:

            def is_told(flood: Flood) -> bool:
                empty(store)
                return "opened" in play(store, enricher.tag_many([*quiet_day(), *posts_of(flood)]))[0]

            by_few = [(kind, accounts) for kind in BY_FEW if kind in kinds for accounts in (1, 3)]
            for kind, accounts in [*((kind, 0) for kind in kinds), *by_few]:
                cells = []
                for size in SIZES:
                    told = (people for people in PEOPLE if is_told(Flood(kind, size, people, accounts)))
                    cells.append(str(next(told, "never")).rjust(8))
                print("  " + kind.ljust(24) + ACCOUNTS[accounts].ljust(15) + "".join(cells), flush=True)


def empty(store: Store) -> None:
    """Forget everything but the schema."""
    tables = store.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'"
    )
    for (table,) in tables:
        if table != "schema_migrations":
            store.command(f"TRUNCATE TABLE {table}")


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as made:
        main(Path(made), [each for each in KINDS if each in sys.argv[1:] or len(sys.argv) == 1])
