"""A store for a command that only reads: the one that answers, else the embedded one, for as long as it takes."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.addresses import LOOPBACK, clickhouse_answers, clickhouse_endpoint
from deploy.children import Child, Part, fresh_log
from deploy.settings import Settings
from deploy.stack import LOOK_EVERY, READY_WITHIN, StackFailed
from processing.store.client import StoreRefused, StoreUnavailable, readable


@contextmanager
def store_at_hand(settings: Settings) -> Iterator[Settings]:
    """Make sure that a store answers at the configured address; the settings to speak to it with.

    Raises:
        PortTaken, OutOfReach, StackFailed
    """
    if clickhouse_answers(settings.processing.clickhouse_url):
        # On this machine it may be the embedded one that another banwatch started from the same folder.
        local = clickhouse_endpoint(settings.processing.clickhouse_url).host in LOOPBACK
        yield settings.with_writer_password() if local and settings.keeps_writer_password else settings
        return
    settings = settings.with_writer_password()
    log = fresh_log(settings.data_dir / "logs", "warehouse")
    part = Part("warehouse", (sys.executable, "-m", "deploy.cli", "warehouse"), settings.for_children)
    child = Child(part, log)
    child.start()
    try:
        deadline = time.monotonic() + READY_WITHIN.total_seconds()
        while not clickhouse_answers(settings.processing.clickhouse_url):
            if not child.running or time.monotonic() > deadline:
                raise StackFailed(f"The embedded store does not come up. The end of {log}:\n{child.last_words()}")
            time.sleep(LOOK_EVERY)
        yield settings
    finally:
        child.end(patience=8.0)


@contextmanager
def in_a_sentence() -> Iterator[None]:
    """Say what the engine refuses as one sentence, for people who wrote the query.

    Raises:
        StoreRefused: in place of what the store raised.
    """
    try:
        yield
    except (StoreRefused, StoreUnavailable) as error:
        raise StoreRefused(readable(error)) from error
