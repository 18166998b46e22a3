"""What a store that was just started has lost."""

from __future__ import annotations

from pathlib import Path

from deploy.embedded.chdb_http.losses import BROKEN_PARTS, losses, sentence
from processing.contract import ClickHouseAddress
from processing.store.client import Store


def lost_data(address: ClickHouseAddress, directory: Path) -> str | None:
    """The parts that the engine put aside because it cannot read them, as a sentence; None where there are none.

    The store runs on this machine with its data in `directory`: the rows of a part are read from its files.
    """
    with Store(address, database="system") as store:
        return sentence(losses(store.query(BROKEN_PARTS), directory))
