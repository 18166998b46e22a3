"""What networks that are asked over HTTP have in common: a server that can be cut, refused and frozen."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.serving import Asked, Says, served


@dataclass
class Faults:
    """How the server misbehaves; what is not said here behaves."""

    attempts: list[float] = field(default_factory=list)
    spared: str = ""
    """The end of the path of a request that is never cut, because its failure is no break with the network."""
    _refusal: int | None = None
    _cut: bool = False
    _thawed: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._thawed.set()

    def cut(self) -> None:
        self._cut = True

    def refuse(self, seconds: int) -> None:
        self.attempts.clear()
        self._refusal = seconds

    def freeze(self) -> None:
        self._thawed.clear()

    def thaw(self) -> None:
        self._thawed.set()

    def answer(self, answer: Callable[[Asked], Says]) -> Callable[[Asked], Says | None]:
        """The same answers, with the faults between."""

        def faulty(asked: Asked) -> Says | None:
            self._thawed.wait()
            if self._cut and not (self.spared and asked.path.endswith(self.spared)):
                self._cut = False
                return None
            if self._refusal is not None:
                seconds, self._refusal = self._refusal, None
                self.attempts.append(time.monotonic())
                return Says(status=429, headers={"Retry-After": str(seconds)})
            self.attempts.append(time.monotonic())
            return answer(asked)

        return faulty


@contextmanager
def faulty(faults: Faults, answer: Callable[[Asked], Says]) -> Iterator[str]:
    """A server's address until the block ends."""
    with served(faults.answer(answer)) as server:
        try:
            yield server.url
        finally:
            faults.thaw()
