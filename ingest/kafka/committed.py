"""What the consumer group has committed, asked for beside the run, so that a broker that hangs does not stop it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import structlog

from ingest.kafka import BrokerRefused, BrokerUnavailable, ConsumerGroup, LogLost

log = structlog.get_logger()

ASK_EVERY = 0.25
JOIN_WITHIN = 0.5


class Committed:
    """Asks a group's offsets four times a second in a thread of its own; closes the watch at the end."""

    def __init__(self, group: ConsumerGroup) -> None:
        self._group = group
        self._newest: Mapping[int, int] = {}
        self._failure: BrokerRefused | LogLost | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, name="committed", daemon=True)
        self._thread.start()

    def newest(self) -> Mapping[int, int]:
        """The next offset to read, by partition, as last heard.

        Raises:
            LogLost, BrokerRefused
        """
        if self._failure is not None:
            raise self._failure
        return self._newest

    def close(self) -> None:
        """End. A question that a hanging broker does not answer is left behind with the process."""
        self._stop.set()
        self._thread.join(JOIN_WITHIN)
        if not self._thread.is_alive():
            self._group.close()

    def _ask(self) -> None:
        while not self._stop.is_set():
            try:
                self._newest = self._group.committed()
            except BrokerUnavailable as error:
                log.warning("offsets not known", reason=str(error))
            except (BrokerRefused, LogLost) as failure:
                self._failure = failure
                return
            self._stop.wait(ASK_EVERY)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
