"""A call that may block, made in a thread while its source pauses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, wait
from typing import TypeVar

from ingest.source import Pause

Result = TypeVar("Result")

INLINE_SECONDS = 0.02
PAUSE_SECONDS = 0.05


def in_thread(
    work: Callable[[], Result], discard: Callable[[Result], None] = lambda _: None
) -> Generator[Pause, None, Result]:
    """Make a call that may block in a thread of its own and pause meanwhile: `result = yield from in_thread(call)`.

    What the call raises is raised here. Where the source is closed meanwhile, `discard` takes the late result.
    """
    call: Future[Result] = Future()
    threading.Thread(target=_run, args=(work, call), daemon=True).start()
    try:
        while not wait([call], INLINE_SECONDS).done:
            yield Pause(PAUSE_SECONDS)
    except GeneratorExit:
        call.add_done_callback(lambda late: None if late.exception() else discard(late.result()))
        raise
    return call.result()


def _run(work: Callable[[], Result], call: Future[Result]) -> None:
    try:
        result = work()
    except Exception as error:  # noqa: BLE001 - it is raised again where the result is awaited
        call.set_exception(error)
    else:
        call.set_result(result)
