"""The signals that end a process, and the retries until then while Kafka or ClickHouse is unavailable."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from ingest.errors import Unavailable
from ingest.liveness import Liveness
from ingest.retry import retry_while_unavailable

Result = TypeVar("Result")


def until_signalled() -> threading.Event:
    """Return an event that SIGTERM, SIGINT and SIGHUP set. Under `nohup`, SIGHUP stays ignored."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: stop.set())
    return stop


def until_paused() -> threading.Event:
    """Return an event that SIGUSR1 sets: the supervisor asks a source to read no more and to end once all is safe."""
    enough = threading.Event()
    signal.signal(signal.SIGUSR1, lambda *_: enough.set())
    return enough


def run_until(stop: threading.Event, work: Callable[[], Result], liveness: Liveness) -> Result | None:
    """Return the result of `work`, which starts again while Kafka or ClickHouse is unavailable.

    `liveness` shows that the process waits. Return None if `stop` is set in the meantime.
    """
    with suppress(Unavailable):
        return retry_while_unavailable(work, stop, note=lambda _: liveness.turned(ready=False))
    return None
