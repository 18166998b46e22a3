"""What waits to be sent, remembered between two looks: the whole queue is read only when something was decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from processing import queries
from processing.alerts.queue import Batch, Waiting
from processing.alerts.stored_queue import refusal, waiting
from processing.store.client import Store
from processing.store.deliveries import write_deliveries

log = structlog.get_logger()


@dataclass
class Undelivered:
    """The notifications that have not come to an end, as the store has them.

    The dispatcher alone writes attempts, so that it need not read what came of its own.
    """

    store: Store
    clock: Callable[[], datetime]
    _mark: tuple[object, ...] | None = None
    _waiting: dict[str, Waiting] = field(default_factory=dict)

    def by_channel(self) -> dict[str, list[Waiting]]:
        """Return what waits, by channel.

        Raises:
            StoreUnavailable: ask again.
        """
        # The mark is read first, so that what is decided meanwhile is not overlooked.
        mark = queries.queue_mark(self.store)
        if mark != self._mark:
            self._waiting = self._read()
            self._mark = mark
        queued = defaultdict[str, list[Waiting]](list)
        for each in self._waiting.values():
            queued[each.channel].append(each)
        return queued

    def note(self, batch: Batch | None) -> None:
        """Take note of what came of an attempt; None where nothing of the queue was told."""
        for each in () if batch is None else batch.notifications:
            self._waiting[each.key] = each
            if each.is_settled:
                del self._waiting[each.key]

    def forget(self) -> None:
        """Read the whole queue again next time: it is not known what came of an attempt."""
        self._mark = None

    def _read(self) -> dict[str, Waiting]:
        """Return what waits. A row that cannot be read is ended, and stops no other."""
        found: dict[str, Waiting] = {}
        for stored in queries.undelivered(self.store):
            try:
                found[stored.key] = waiting(stored)
            except ValueError as error:
                log.warning("notification cannot be read", key=stored.key, reason=str(error))
                write_deliveries(self.store, [refusal(stored, str(error), self.clock())])
        return found
