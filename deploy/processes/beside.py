"""Threads beside the main work of a process, each with a connection to the store of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from processing.contract import ClickHouseAddress
from processing.store.client import Store

Work = Callable[[Store, threading.Event], None]


@contextmanager
def beside(name: str, address: ClickHouseAddress, stop: threading.Event, work: Work) -> Iterator[None]:
    """Do some work in a thread of its own while the context lasts. What ends that work ends the process too.

    The work is stopped when the context ends, and not before: it may still have to tell what the context has left.

    Raises:
        StoreUnavailable: the store does not answer.
    """
    enough = threading.Event()
    with Store(address) as store, ThreadPoolExecutor(1, name) as threads:
        running = threads.submit(work, store, enough)
        running.add_done_callback(lambda _: stop.set())
        try:
            yield
        finally:
            enough.set()
        running.result()
