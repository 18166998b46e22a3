"""What the engine put aside because it could not read it: parts that a crash of the machine left cut off or empty.

The engine starts without them and says nothing. A part that was merged of others is no loss while those still lie on
the disk, since they are read in its place. What the engine puts aside for other reasons is not missing either.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from deploy.embedded.chdb_http.settings import OWN_FOLDER

BROKEN_PARTS = """
SELECT
    d.database, d.table, assumeNotNull(d.partition_id), assumeNotNull(d.path), d.bytes_on_disk,
    sumIf(p.rows, p.min_block_number >= d.min_block_number AND p.max_block_number <= d.max_block_number)
FROM system.detached_parts AS d
LEFT JOIN (SELECT * FROM system.parts WHERE active) AS p
    ON p.database = d.database AND p.table = d.table AND p.partition_id = d.partition_id
WHERE d.reason IN ('broken', 'broken-on-start')
GROUP BY ALL
ORDER BY 1, 2, 3
"""
"""Of each broken part: database, table, partition, path, bytes, and the rows of what is read in its place."""


class BrokenPart(NamedTuple):
    """One row of `BROKEN_PARTS`."""

    database: str
    table: str
    partition: str
    path: str
    size: int
    replaced: int

    def in_(self, directory: Path) -> BrokenPart:
        """The same with a path that is one in every process."""
        path = Path(self.path)
        return (
            self._replace(path=str(directory / path.relative_to(OWN_FOLDER)))
            if path.is_relative_to(OWN_FOLDER)
            else self
        )

    @property
    def rows(self) -> int | None:
        """How many rows it held; None where that cannot be read either."""
        try:
            return int((Path(self.path) / "count.txt").read_text())
        except (OSError, ValueError):
            return None

    @property
    def is_lost(self) -> bool:
        """Whether nothing is read in its place."""
        return self.replaced < (1 if self.rows is None else self.rows)


@dataclass(frozen=True)
class Loss:
    """What one partition of a table has lost. `rows` are the known ones; `complete` says that those are all."""

    database: str
    table: str
    partition: str
    parts: int
    rows: int
    complete: bool
    size: int

    def __str__(self) -> str:
        rows = f"{self.rows:,} rows" if self.complete else f"at least {self.rows:,} rows" if self.rows else "its rows"
        parts = "1 part" if self.parts == 1 else f"{self.parts} parts"
        return f"{self.table}{_time(self.partition)} lost {rows} ({parts}, {self.size:,} bytes)"


def losses(rows: Iterable[Iterable[Any]], directory: Path) -> list[Loss]:
    """What is lost by the rows of `BROKEN_PARTS`, a partition each. `directory` is where the store's data lie."""
    lost = [part for part in (BrokenPart(*row).in_(directory) for row in rows) if part.is_lost]
    return [_together(list(parts)) for _, parts in groupby(lost, key=lambda part: part[:3])]


def _together(parts: list[BrokenPart]) -> Loss:
    rows = [part.rows for part in parts]
    known = [each for each in rows if each is not None]
    size = sum(part.size for part in parts)
    return Loss(*parts[0][:3], len(parts), sum(known), len(known) == len(rows), size)


def sentence(lost: Iterable[Loss]) -> str | None:
    """What to tell a person; None where nothing is lost."""
    said = [str(each) for each in lost]
    if not said:
        return None
    return (
        f"The store cannot read a part of its data, as after a crash of the machine: {', '.join(said)}. "
        "Restore a backup with `banwatch restore PATH --replace`, or have the sources read that time again: "
        "docs/operations.md says how, and how to have this said no more."
    )


def _time(partition: str) -> str:
    """The month or year of a partition, as the tables are divided; nothing where they are not."""
    if len(partition) == 6 and partition.isdecimal():
        return f" of {partition[:4]}-{partition[4:]}"
    return f" of {partition}" if partition.isdecimal() else ""
