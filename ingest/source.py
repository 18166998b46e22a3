"""What a source is: an iterator over one network, from a cursor, and the two ways it can fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ingest.contract import Post, Rejected

Cursor = dict[str, object]
"""Where a source stopped, in its own terms; JSON values only. An empty one means the beginning."""


class Transient(Exception):
    """The network failed in a way that passes: try again later, from the cursor."""


class Permanent(Exception):
    """The source cannot work as it is configured: a person has to change something. The message says what."""


@dataclass(frozen=True, slots=True)
class Item:
    """One step of a source: what it found, and the cursor to resume behind it."""

    found: Post | Rejected
    cursor: Cursor


@dataclass(frozen=True, slots=True)
class Reached:
    """Everything between these event times has been yielded, without a gap.

    `complete` says that nothing more will come.
    """

    since: datetime
    until: datetime
    cursor: Cursor
    complete: bool = False


class Source(Protocol):
    """One network. It knows neither Kafka nor another source."""

    @property
    def name(self) -> str:
        """Names this collector, and with it its cursor and what it has covered."""
        ...

    def read(self, cursor: Cursor) -> Iterator[Item | Reached]:
        """Yield what lies behind the cursor, in the network's order.

        Raises:
            Transient: the caller resumes from the last acknowledged cursor, after a pause.
            Permanent: the caller stops and says why.
        """
        ...
