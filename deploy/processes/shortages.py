"""What several workers say of one store without room, shown once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from processing.shortage import OVER


@dataclass
class Shortages:
    """`beside` is what to say behind a worker's sentence: where to make room."""

    say: Callable[[str], None]
    beside: Mapping[str, str]
    _lasting: dict[str, str] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)
    """Each worker is heard in a thread of its own."""

    def of(self, worker: str) -> Callable[[str], None]:
        """What to do with a line of this worker's."""

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
