"""Statements kept in files, and lists cut to what one of them takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import resources
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def sql(name: str) -> str:
    """A statement of `processing/store/sql`."""
    return resources.files("processing.store").joinpath("sql", f"{name}.sql").read_text("utf-8")


def portions(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in order, at most `size` at once."""
    rest = iter(items)
    while portion := list(islice(rest, size)):
        yield portion
