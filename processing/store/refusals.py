"""Find the rows that the store refuses for good, so that nothing else waits for them.

A batch is written whole. Where the store refuses it for what its rows hold, each half is written by itself, down to the
single row: that one is refused, and all others are stored. Every write may be repeated, so what a refused batch has
left behind is written over. A store that is away, full, or not of our schema is another matter: that error goes on, and
no row is refused for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from processing.store.client import RowsRefused

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class RefusedItem(Generic[Item]):
    """One item that the store will not have, and the store's reason as a sentence."""

    item: Item
    reason: str


def write_apart(items: Sequence[Item], write: Callable[[Sequence[Item]], None]) -> list[RefusedItem[Item]]:
    """Write items in their order, in as few pieces as the store takes them in, and return those that it refuses.

    Raises:
        StoreUnavailable, StoreRefused: as `write` does, where the rows are not to blame.
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
