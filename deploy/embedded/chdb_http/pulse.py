"""The heartbeat checks that the engine still answers.

Only a new process ends some states of the engine: a lock that a query never releases, or a fatal error after which the
engine refuses everything. `/ping` answers in both states. The heartbeat therefore runs a simple query every few seconds
and ends the process if no answer comes. Acknowledged rows survive, and the supervisor starts the process again.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

EVERY_SECONDS = 10
REFUSALS = 3
"""Refusals in a row that end the process. A single one may come from a lack of memory during a large query."""
LOST_STATUS = 70
"""Exit status of the process: an internal error, by the convention of sysexits.h."""


class Heartbeat:
    """Calls `beat` every few seconds.

    A call that hangs for `patience_seconds`, or `REFUSALS` failures in a row, end the process.
    """

    def __init__(self, beat: Callable[[], None], patience_seconds: float) -> None:
        self._beat = beat
        self._patience_seconds = patience_seconds
        self._stop = threading.Event()
        threading.Thread(target=self._run, name="pulse", daemon=True).start()

    def stop(self) -> None:
        """Stop the heartbeat."""
        self._stop.set()

    def _run(self) -> None:
        refusals = 0
        while not self._stop.wait(min(EVERY_SECONDS, self._patience_seconds)):
            late = threading.Timer(self._patience_seconds, self._end, ["does not answer"])
            late.daemon = True
            late.start()
            try:
                self._beat()
                refusals = 0
            except RuntimeError as error:
                refusals += 1
                if refusals == REFUSALS:
                    self._end(f"refuses everything ({error})")
            late.cancel()

    def _end(self, what: str) -> None:
        if not self._stop.is_set():
            print(f"The engine {what}: the warehouse ends, to be started anew.", file=sys.stderr, flush=True)
            os._exit(LOST_STATUS)
