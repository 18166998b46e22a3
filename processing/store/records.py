"""What a watch writes: spikes, incidents and how far it has come; and what `retag` leaves for it to read.

Each write may be repeated: the result is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from processing.contract import Incident, Spike
from processing.store.client import Store
from processing.store.versions import moment_of, take_version


def write_spikes(store: Store, spikes: Sequence[Spike]) -> None:
    """Write a new version of each spike."""
    _write_versions(store, "spike_versions", spikes)


def write_incidents(store: Store, incidents: Sequence[Incident]) -> None:
    """Write a new version of each incident."""
    _write_versions(store, "incident_versions", incidents)


def write_scored_until(store: Store, until: datetime, name: str = "main") -> None:
    """Note how far a watch has come."""
    at = moment_of(take_version(store))
    store.insert("watch_progress_versions", ["name", "scored_until", "at"], [[name], [until], [at]])


def write_retag(store: Store, start: datetime, end: datetime, posts: int, changed: int) -> None:
    """Note that the posts of a stretch were tagged again: a watch makes its state anew when it sees that."""
    store.insert("retags", ["start", "end", "posts", "changed"], [[start], [end], [posts], [changed]])


def _write_versions(store: Store, table: str, records: Sequence[Spike] | Sequence[Incident]) -> None:
    if not records:
        return
    columns, version = records[0].__struct_fields__, take_version(store)
    rows = [(*(_stored(getattr(record, column)) for column in columns), version) for record in records]
    store.insert(table, (*columns, "version"), list(zip(*rows, strict=True)))


def _stored(value: object) -> object:
    match value:
        case StrEnum():
            return value.value
        case (msgspec.Struct(), *_):
            return [msgspec.structs.astuple(part) for part in value if isinstance(part, msgspec.Struct)]
        case _:
            return value
