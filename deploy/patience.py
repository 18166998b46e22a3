"""What a stage does while the log or the store is away: wait, and begin its work again."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import structlog

from ingest.kafka import BrokerUnavailable
from ingest.retry import BackoffPolicy, Failures, failed
from processing.queries import StoreUnavailable

log = structlog.get_logger()

Result = TypeVar("Result")

POLICY = BackoffPolicy(first=timedelta(milliseconds=500), cap=timedelta(seconds=5))


def retry_while_unavailable(work: Callable[[], Result], stop: threading.Event) -> Result | None:
    """The result of `work`, begun again as often as the log or the store fails under it; None when told to stop.

    Only for work that loses nothing by that: what a worker has not committed it reads again, and a source goes on
    at its saved cursor. A process that ended instead would be started again at once, and be given up after a few
    times, though nothing is wrong with it.
    """
    failures = Failures()
    while not stop.is_set():
        begun = time.monotonic()
        try:
            return work()
        except (BrokerUnavailable, StoreUnavailable) as error:
            held = timedelta(seconds=time.monotonic() - begun)
            failures, pause = failed(POLICY, failures, held=held, retry_after=None, chance=random.random())  # noqa: S311
            log.warning("waiting", reason=str(error), seconds=round(pause.total_seconds(), 1))
            stop.wait(pause.total_seconds())
    return None
