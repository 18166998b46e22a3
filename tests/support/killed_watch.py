"""A watch to be killed, in a process that `tests.support.forks` forks.

With a table, it kills itself in the first look that finds a spike, instead of writing to that table.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from datetime import timedelta

from pydantic import SecretStr

from processing.contract import ClickHouseAddress
from processing.store.client import Store
from processing.watching import watch_over
from tests.integration.test_watch import END, ROOTS, WIDTH
from tests.support.telling import alerts_of


class Deadly(Store):
    """Kills its process instead of writing to one table, once it has written a spike."""

    dies_at = ""
    _found = False

    def insert(self, table: str, columns: Sequence[str], data: Sequence[Sequence[object]]) -> None:
        self._found = self._found or table == "spike_versions"
        if self._found and table == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        super().insert(table, columns, data)


def main(url: str, password: str, database: str, dies_at: str = "") -> None:
    with Deadly(ClickHouseAddress(url, "writer", SecretStr(password), database=database)) as store:
        store.dies_at = dies_at
        watch = watch_over(store, lambda: ROOTS, WIDTH, alerts_of(store), lambda: END)
        watch.run(threading.Event(), timedelta(seconds=0.05))
