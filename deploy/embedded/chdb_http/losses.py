"""The parts that the engine set aside because it could not read them, as after a crash of the machine.

The engine starts without these parts and reports nothing. A merged part is not lost while its source parts still lie on
the disk, because the engine reads them instead. Parts set aside for other reasons are not lost either.
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
"""One row for each broken part: database, table, partition, path, bytes, and the rows that are read in its place."""


class BrokenPart(NamedTuple):
    """One row of `BROKEN_PARTS`."""

    database: str
    table: str
    partition: str
    path: str
    size: int
    replaced: int

    def in_(self, directory: Path) -> BrokenPart:
        """Return the same part with a path that is valid in every process."""
        path = Path(self.path)
        return (
            self._replace(path=str(directory / path.relative_to(OWN_FOLDER)))
            if path.is_relative_to(OWN_FOLDER)
            else self
        )

    @property
    def rows(self) -> int | None:
        """The number of rows of the part; None if the file with the number is unreadable too."""
        try:
            return int((Path(self.path) / "count.txt").read_text())
        except (OSError, ValueError):
            return None

    @property
    def is_lost(self) -> bool:
        """Whether the engine reads no rows, or too few rows, in place of the part."""
        return self.replaced < (1 if self.rows is None else self.rows)


@dataclass(frozen=True)
class Loss:
    """The lost rows of one partition of a table. `rows` counts the known ones; `complete` means that all are known."""

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
    """Return the losses among the rows of `BROKEN_PARTS`, one for each partition.

    `directory` holds the store's data.
    """
    lost = [part for part in (BrokenPart(*row).in_(directory) for row in rows) if part.is_lost]
    return [_together(list(parts)) for _, parts in groupby(lost, key=lambda part: part[:3])]


def _together(parts: list[BrokenPart]) -> Loss:
    rows = [part.rows for part in parts]
    known = [each for each in rows if each is not None]
    size = sum(part.size for part in parts)
    return Loss(*parts[0][:3], len(parts), sum(known), len(known) == len(rows), size)


def sentence(lost: Iterable[Loss]) -> str | None:
    """Return a sentence about the losses for a person, or None if there is no loss."""
    said = [str(each) for each in lost]
    if not said:
        return None
    return (
        f"The store cannot read a part of its data, as after a crash of the machine: {', '.join(said)}. "
        "Restore a backup with `banwatch restore PATH --replace`, or have the sources read that time again: "
        "docs/operations.md says how, and how to have this said no more."
    )


def _time(partition: str) -> str:
    """Return the month or year of a partition, with a blank before it; empty if the table is not divided by time."""
    if len(partition) == 6 and partition.isdecimal():
        return f" of {partition[:4]}-{partition[4:]}"
    return f" of {partition}" if partition.isdecimal() else ""
