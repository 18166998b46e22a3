"""What a supervisor writes of the memory of the embedded broker."""

from __future__ import annotations

from processing.contract import BrokerState
from processing.store.client import Store
from processing.store.versions import moment_of, take_version


def write_broker_memory(store: Store, state: BrokerState, *, held: int, limit: int) -> None:
    """Write what became of the broker's memory. `held` and `limit` are in bytes."""
    row = {
        "name": "embedded",
        "state": state.value,
        "held_bytes": held,
        "limit_bytes": limit,
        "at": moment_of(take_version(store)),
    }
    store.insert("broker_memory_versions", list(row), [[value] for value in row.values()])
