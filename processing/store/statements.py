"""SQL statements from files, and lists cut to the size that one statement accepts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import resources
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def sql(name: str) -> str:
    """Return the statement in the file `processing/store/sql/NAME.sql`."""
    return resources.files("processing.store").joinpath("sql", f"{name}.sql").read_text("utf-8")


def portions(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Yield the items in order, in lists of at most `size`."""
    rest = iter(items)
    while portion := list(islice(rest, size)):
        yield portion
