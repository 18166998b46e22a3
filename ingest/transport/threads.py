"""A call that may block, made in a thread while its source pauses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Generic, TypeVar

from ingest.source import Pause

Result = TypeVar("Result")

INLINE_SECONDS = 0.02
PAUSE_SECONDS = 0.05


class _Call(Generic[Result]):
    def __init__(self, work: Callable[[], Result], discard: Callable[[Result], None]) -> None:
        self.done = threading.Event()
        self._work = work
        self._discard = discard
        self._lock = threading.Lock()
        self._abandoned = False
        self._result: list[Result] = []
        self._error: Exception | None = None
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            result = self._work()
        except Exception as error:  # noqa: BLE001 - it is raised again where the result is awaited
            self._error = error
        else:
            with self._lock:
                self._result.append(result)
                unwanted = self._abandoned
            if unwanted:
                self._discard(result)
        self.done.set()

    def abandon(self) -> None:
        """Nobody waits any more: what comes, or has come, is discarded."""
        with self._lock:
            self._abandoned = True
            here = list(self._result)
        for result in here:
            self._discard(result)

    def result(self) -> Result:
        if self._error is not None:
            raise self._error
        return self._result[0]


def in_thread(
    work: Callable[[], Result], discard: Callable[[Result], None] = lambda _: None
) -> Generator[Pause, None, Result]:
    """Make a call that may block in a thread of its own and pause meanwhile: `result = yield from in_thread(call)`.

    What the call raises is raised here. A reader that goes away meanwhile has the late result discarded.
    """
    call = _Call(work, discard)
    try:
        while not call.done.wait(INLINE_SECONDS):
            yield Pause(PAUSE_SECONDS)
    except GeneratorExit:
        call.abandon()
        raise
    return call.result()
