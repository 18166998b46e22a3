"""The data that a freshly started store has lost."""

from __future__ import annotations

from pathlib import Path

from deploy.embedded.chdb_http.losses import BROKEN_PARTS, losses, sentence
from processing.contract import ClickHouseAddress
from processing.store.client import Store


def lost_data(address: ClickHouseAddress, directory: Path) -> str | None:
    """Return a sentence about the parts that the engine could not read, or None if there are none.

    The store runs on this machine with its data in `directory`. The rows of a part are counted from its files there.
    """
    with Store(address, database="system") as store:
        return sentence(losses(store.query(BROKEN_PARTS), directory))
