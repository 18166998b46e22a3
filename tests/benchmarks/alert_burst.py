"""Five hundred notifications that are due at once, at a channel that answers in 50 ms, beside one that is down."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

from processing.alerts.attempts import Attempts
from processing.alerts.channels import Channels
from processing.alerts.dispatcher import Dispatcher
from processing.store.client import Store
from processing.store.migrate import migrate
from tests.support.http_channel import OK, channel_server, plain_notification
from tests.support.parts import Parts
from tests.support.processor_time import processor_seconds
from tests.support.queued import Decided, decide
from tests.support.serving import Says
from tests.support.waiting import eventually

NOTIFICATIONS = 500
ANSWERED_IN = 0.05
PATIENCE = timedelta(minutes=5)


def slowly(_: str) -> Says:
    """Answer as a service far away does."""
    time.sleep(ANSWERED_IN)
    return OK


def burst(folder: Path) -> None:
    """Print how long it takes until the last is told, and what the dispatcher and the store use for it."""
    with Parts(folder) as parts, channel_server(slowly) as slow, channel_server(lambda _: Says(status=500)) as down:
        migrate(parts.store)
        with Store(parts.store) as store, ThreadPoolExecutor(1) as thread:
            now = datetime.now(UTC)
            decide(store, *(Decided(f"a{n:03}", now, channel=name) for n in range(NOTIFICATIONS) for name in "sd"))
            notifiers = {"s": slow.channel("s"), "d": down.channel("d")}
            dispatcher = Dispatcher(
                store, lambda: Channels(notifiers), Attempts(store, plain_notification, lambda: datetime.now(UTC))
            )
            stop, store_before = threading.Event(), processor_seconds(parts.processes["store"])
            begun, own_before = time.monotonic(), time.process_time()
            run = thread.submit(dispatcher.run, stop)
            eventually(lambda: len(slow.took) == NOTIFICATIONS, PATIENCE)
            took, own = time.monotonic() - begun, time.process_time() - own_before
            used = processor_seconds(parts.processes["store"]) - store_before
            stop.set()
            run.result()
        keys = [asked.parameters["key"] for asked in slow.took]
        print(
            f"{NOTIFICATIONS} notifications due at once at a channel that answers in {1000 * ANSWERED_IN:.0f} ms: ",
            end="",
        )
        print(f"{took:.0f} s, in order: {keys == sorted(set(keys))}; CPU a message: ", end="")
        print(f"{1000 * own / NOTIFICATIONS:.0f} ms here, {1000 * used / NOTIFICATIONS:.0f} ms in the store; ", end="")
        print(f"a channel that is down beside it was tried {len(down.tried)} times")
