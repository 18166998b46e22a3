"""A network without a wire: the least that a source has to do, and the contract suite's own check."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec

from ingest.contract import Post, Rejected
from ingest.errors import Transient
from ingest.source import Cursor, Item, Pause, Watermark, decode_cursor

LOOK_EVERY = 0.02


@dataclass
class Paper:
    """Posts in a list, which its sources read by number."""

    texts: list[str | None] = field(default_factory=list)
    attempts: list[float] = field(default_factory=list)
    _refusal: int | None = None
    _connection: int = 0
    _frozen: threading.Event = field(default_factory=threading.Event)

    def source(self) -> PaperSource:
        return PaperSource(self)

    def publish(self, texts: Sequence[str]) -> list[str]:
        first = len(self.texts)
        self.texts += texts
        return [str(number) for number in range(first, len(self.texts))]

    def publish_garbage(self) -> None:
        self.texts.append(None)

    def cut(self) -> None:
        self._connection += 1

    def refuse(self, seconds: int) -> None:
        self.attempts.clear()
        self._refusal = seconds
        self._connection += 1

    def freeze(self) -> None:
        self._frozen.set()

    def thaw(self) -> None:
        self._frozen.clear()

    @property
    def frozen(self) -> bool:
        return self._frozen.is_set()

    def connect(self) -> int:
        """Take a reader, or refuse it once."""
        self.attempts.append(time.monotonic())
        if self._refusal is not None:
            seconds, self._refusal = self._refusal, None
            raise Transient("Too many readers.", timedelta(seconds=seconds))
        return self._connection

    def is_open(self, connection: int) -> bool:
        return connection == self._connection


class Saved(msgspec.Struct, frozen=True):
    """The cursor."""

    next: int = 0


@dataclass
class PaperSource:
    """Reads the list from its cursor on."""

    paper: Paper
    name: str = "paper"

    def read(self, cursor: Cursor) -> Iterator[Item | Watermark | Pause]:
        connection = self.paper.connect()
        position = decode_cursor(cursor, Saved, self.name).next
        since = datetime.now(UTC)
        while True:
            if not self.paper.is_open(connection):
                raise Transient("The connection broke.")
            if not self.paper.frozen:
                for text in self.paper.texts[position:]:
                    yield Item(_found(position, text), {"next": position + 1})
                    position += 1
                yield Watermark(since, datetime.now(UTC), {"next": position})
            yield Pause(LOOK_EVERY)


def _found(position: int, text: str | None) -> Post | Rejected:
    if text is None:
        return Rejected(source="paper", where=f"paper:{position}", reason="There is no text.", raw="")
    return Post(source="paper", id=str(position), text=text, created_at=datetime.now(UTC))


@contextmanager
def paper_network() -> Iterator[Paper]:
    yield Paper()
