"""Messages about a full store. Several workers report the same shortage, and the terminal shows it once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from processing.shortage import OVER


@dataclass
class Shortages:
    """Shows each shortage once. `beside` maps a worker's sentence to the advice that follows it: where to make room."""

    say: Callable[[str], None]
    beside: Mapping[str, str]
    _lasting: dict[str, str] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    """Each worker's lines arrive in a thread of their own, so the lock guards `_lasting`."""

    def of(self, worker: str) -> Callable[[str], None]:
        """Return the function that handles the lines of this worker."""

        def hear(line: str) -> None:
            with self._lock:
                self._hear(worker, line)

        return hear

    def _hear(self, worker: str, line: str) -> None:
        if line != OVER:
            known = line in {said for other, said in self._lasting.items() if other != worker}
            self._lasting[worker] = line
            if not known:
                self.say(line + self.beside.get(line, ""))
        elif self._lasting.pop(worker, None) is not None and not self._lasting:
            self.say(OVER)
