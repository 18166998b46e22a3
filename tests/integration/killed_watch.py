"""A watch to be killed: `python -m tests.integration.killed_watch URL PASSWORD DATABASE`."""

from __future__ import annotations

import sys
import threading
from datetime import timedelta

from pydantic import SecretStr

from processing.contract import ClickHouseAddress
from processing.store.client import Store
from processing.watch import Watch
from tests.integration.test_watch import END, ROOTS, WIDTH


def main(url: str, password: str, database: str) -> None:
    with Store(ClickHouseAddress(url, "writer", SecretStr(password), database=database)) as store:
        Watch(store, lambda: ROOTS, WIDTH, [], clock=lambda: END).run(threading.Event(), timedelta(seconds=0.05))


if __name__ == "__main__":
    main(*sys.argv[1:])
