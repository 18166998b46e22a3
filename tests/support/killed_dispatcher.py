"""A dispatcher to be killed, in a process that `tests.support.forks` forks.

It tells all that is due and ends. With a point, it kills itself there, in its first attempt: `compose`, before
anything is written; `trying`, when that is written; `sent`, behind the answer of the channel; or `outcome`, when the
outcome is written.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime

from pydantic import SecretStr

from processing.alerts.attempts import Attempts
from processing.alerts.channels import Channels
from processing.alerts.dispatcher import Dispatcher
from processing.alerts.notification import Attempt, Notification, Notifier
from processing.alerts.queue import Batch
from processing.contract import ClickHouseAddress
from processing.store.client import Store
from tests.support.http_channel import HttpChannel, plain_notification


def die(at: str, here: str) -> None:
    if at == here:
        os.kill(os.getpid(), signal.SIGKILL)


class Deadly(Store):
    """Kills its process once it has written a delivery."""

    dies_at = ""

    def insert(self, table: str, columns: Sequence[str], data: Sequence[Sequence[object]]) -> None:
        super().insert(table, columns, data)
        reasons = data[list(columns).index("reason")] if table == "delivery_versions" else ()
        die(self.dies_at, "" if not reasons else "trying" if "trying" in reasons else "outcome")


class DeadlyChannel(HttpChannel):
    """Kills its process behind the answer."""

    dies_at = ""

    def notify(self, notification: Notification) -> Attempt:
        attempt = super().notify(notification)
        die(self.dies_at, "sent")
        return attempt


def main(  # noqa: PLR0917 - they are the arguments of a process
    url: str, password: str, database: str, channel_url: str, can_tell: str, dies_at: str = ""
) -> None:
    store = ClickHouseAddress(url, "writer", SecretStr(password), database=database)
    channel = DeadlyChannel("slack", channel_url, can_tell == "yes")

    def compose(batch: Batch, told: Notifier) -> Notification:
        die(dies_at, "compose")
        return plain_notification(batch, told)

    DeadlyChannel.dies_at = Deadly.dies_at = dies_at
    with Deadly(store) as connected:
        attempts = Attempts(connected, compose, lambda: datetime.now(UTC))
        dispatcher = Dispatcher(connected, lambda: Channels({channel.name: channel}), attempts)
        dispatcher.resume()
        with ThreadPoolExecutor(1) as threads:
            while dispatcher.look(threads):
                wait(dispatcher._busy.values())
