"""Isolation of the rows that the store refuses for good, so that no other row waits for them.

A batch is written as a whole. If the store refuses it because of its rows' contents, each half is written alone, down
to the single row. That row is refused, and all others are stored. Every write may be repeated, so rows from a refused
batch are overwritten. If the store is unavailable, full or has another schema, the error is passed on, and no row is
refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from processing.store.client import RowsRefused

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class RefusedItem(Generic[Item]):
    """One item that the store refuses, and the store's reason as a sentence."""

    item: Item
    reason: str


def write_apart(items: Sequence[Item], write: Callable[[Sequence[Item]], None]) -> list[RefusedItem[Item]]:
    """Write items in their order, in as few pieces as the store accepts, and return the refused items.

    Raises:
        StoreUnavailable, StoreRefused: as `write` does, if the rows are not the cause.
    """
    if not items:
        return []
    try:
        write(items)
    except RowsRefused as refused:
        if len(items) == 1:
            return [RefusedItem(items[0], refused.sentence)]
    else:
        return []
    half = len(items) // 2
    return write_apart(items[:half], write) + write_apart(items[half:], write)
