"""`python -m tests.benchmarks.floods`: which floods of near-duplicates are told, and beside how many people."""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import structlog

from processing.store.client import Store
from processing.store.migrate import migrate
from processing.tagging.topics import load_taxonomy
from tests.conftest import ROOT
from tests.support.floods import KINDS, Flood, play, posts_of, quiet_day
from tests.support.parts import Parts, shipped_enricher

SIZES = (20, 80, 300, 2_000)
PEOPLE = (0, 5, 10, 20, 40)
ACCOUNTS = {0: "all different", 1: "one", 3: "three"}


def floods(kinds: Sequence[str]) -> Iterator[list[Flood]]:
    """The rows of the table: each kind by different accounts, exact copies by one and by three."""
    for kind in kinds:
        yield [Flood(kind, posts, people) for people in PEOPLE for posts in SIZES]
    for accounts in (1, 3):
        yield [Flood("exact", posts, people, accounts) for people in PEOPLE for posts in SIZES]


def main(folder: Path, kinds: Sequence[str]) -> None:
    """Print the table: from how many people on something is told, and nothing below."""
    taxonomy = load_taxonomy(ROOT / "deploy/config/topics.toml")
    roots = {topic.id: taxonomy.root_of(topic.id) for topic in taxonomy.topics if topic.watched}
    enricher = shipped_enricher()
    print(f"told from so many people on (of {', '.join(map(str, PEOPLE))}), beside a flood of so many copies:")
    print("  " + "copies".ljust(24) + "accounts".ljust(15) + "".join(f"{size:>8,}" for size in SIZES))
    with Parts(folder) as parts:
        migrate(parts.store)
        with Store(parts.store) as store:
            for row in floods(kinds):
                told: dict[Flood, bool] = {}
                for flood in row:
                    empty(store)
                    said, _ = play(store, enricher, roots, [*quiet_day(), *posts_of(flood)])
                    told[flood] = "ALERT" in said
                cells = [turn([told[each] for each in row if each.posts == size]) for size in SIZES]
                print(
                    "  "
                    + row[0].kind.ljust(24)
                    + ACCOUNTS[row[0].accounts].ljust(15)
                    + "".join(cell.rjust(8) for cell in cells),
                    flush=True,
                )


def turn(told: Sequence[bool]) -> str:
    """The fewest people with which it is told; several figures where more people do not make it likelier."""
    changes = [f"{people}" for people, now, before in zip(PEOPLE, told, (False, *told), strict=False) if now != before]
    return "/".join(changes) or "never"


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
