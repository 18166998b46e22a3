"""Five hundred notifications that are due at once, at a channel that answers in 50 ms, beside one that is down."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from processing.alerts.attempts import Attempts
from processing.alerts.channels import Channels
from processing.alerts.dispatcher import Dispatcher
from processing.store.client import Store
from processing.store.migrate import migrate
from tests.support.http_channel import OK, ChannelServer, channel_server, plain_notification
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
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    with Parts(folder) as parts, channel_server(slowly) as slow, channel_server(lambda _: Says(status=500)) as down:
        migrate(parts.store)
        with Store(parts.store) as store:
            now = datetime.now(UTC)
            decide(store, *(Decided(f"a{n:03}", now, channel=name) for n in range(NOTIFICATIONS) for name in "sd"))
            before = processor_seconds(parts.processes["store"])
            took, own = told_all(store, slow, down)
            used = processor_seconds(parts.processes["store"]) - before
    told = of_the_burst(slow)
    in_order = told == sorted(set(told))
    print(f"{NOTIFICATIONS} notifications due at a channel that answers in {1000 * ANSWERED_IN:.0f} ms: ", end="")
    print(f"{took:.0f} s, each once and in order: {in_order}; CPU a message: ", end="")
    print(f"{1000 * own / NOTIFICATIONS:.0f} ms here, {1000 * used / NOTIFICATIONS:.0f} ms in the store; ", end="")
    print(f"the channel beside it that is down was tried {len(down.tried)} times")


def told_all(store: Store, slow: ChannelServer, down: ChannelServer) -> tuple[float, float]:
    """Run a dispatcher until one channel has been told everything; the seconds, and those of CPU in this process."""
    channels = Channels({"s": slow.channel("s"), "d": down.channel("d")})
    attempts = Attempts(store, plain_notification, lambda: datetime.now(UTC))
    stop, begun, own = threading.Event(), time.monotonic(), time.process_time()
    with ThreadPoolExecutor(1) as thread:
        run = thread.submit(Dispatcher(store, lambda: channels, attempts).run, stop)
        eventually(lambda: len(of_the_burst(slow)) >= NOTIFICATIONS, PATIENCE)
        figures = time.monotonic() - begun, time.process_time() - own
        stop.set()
        run.result()
    return figures


def of_the_burst(server: ChannelServer) -> list[str]:
    """What a channel took, without the report that the other one fails."""
    return [key for key in server.keys if not key.startswith("channel:")]


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        burst(Path(folder))
