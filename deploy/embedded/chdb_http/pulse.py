"""Whether the engine still answers.

Only a new process ends some states of the engine: a lock that a query never gives back, or a fatal error after which it
refuses everything. `/ping` answers in both. So a simple query is asked every few seconds, and a process in which it is
not answered ends itself. Acknowledged rows outlive that, and the supervisor starts the process anew.
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
"""In a row; a single one may be for want of memory while a large query runs, and passes."""
LOST_STATUS = 70
"""What the process ends with: an internal error, by the convention of sysexits.h."""


class Heartbeat:
    """Asks `beat` until it is stopped; ends the process when it hangs for `patience_seconds`, or goes on failing."""

    def __init__(self, beat: Callable[[], None], patience_seconds: float) -> None:
        self._beat = beat
        self._patience_seconds = patience_seconds
        self._stop = threading.Event()
        threading.Thread(target=self._run, name="pulse", daemon=True).start()

    def stop(self) -> None:
        """Ask no more."""
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
