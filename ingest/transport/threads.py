"""A blocking call that runs in a thread while its source yields pauses."""

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
    """Run a blocking call in a thread, and yield pauses meanwhile: `result = yield from in_thread(call)`.

    An exception of the call is raised here. If the source is closed meanwhile, `discard` receives the late result.
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
