"""Misbehaviour of a network that is asked again and again over HTTP, around a server that answers as it should."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.support.serving import Asked, Says

BROKEN_OFF = Says(b"", declared=1)
LONGEST_HANG = 60


@dataclass
class Faults:
    """Breaks off, refuses or hangs, as told; `attempts` are when requests arrived since `refuse`."""

    attempts: list[float] = field(default_factory=list)
    _cut: bool = False
    _refusal: int | None = None
    _flowing: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._flowing.set()

    def around(self, answer: Callable[[Asked], Says]) -> Callable[[Asked], Says]:
        """The same server with these faults."""

        def misbehave(asked: Asked) -> Says:
            self._flowing.wait(LONGEST_HANG)
            with self._lock:
                self.attempts.append(time.monotonic())
                if self._refusal is not None:
                    seconds, self._refusal = self._refusal, None
                    return Says(status=429, headers={"Retry-After": str(seconds)})
                if self._cut:
                    self._cut = False
                    return BROKEN_OFF
            return answer(asked)

        return misbehave

    def cut(self) -> None:
        with self._lock:
            self._cut = True

    def refuse(self, seconds: int) -> None:
        with self._lock:
            self.attempts.clear()
            self._refusal = seconds

    def freeze(self) -> None:
        self._flowing.clear()

    def thaw(self) -> None:
        self._flowing.set()
