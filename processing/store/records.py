"""What a watch writes: spikes, incidents, how far it has come and what people are told; and what `retag` leaves for it.

Each write may be repeated: the result is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
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


@dataclass(frozen=True, kw_only=True)
class NotificationRow:
    """A decision on telling a channel, as it stands in `notifications`."""

    key: str
    conversation: str
    channel: str
    number: int
    rule: str
    state: str
    step: str
    growth: list[str]
    reason: str
    severity: str
    languages: list[str]
    peak: float
    pulse: datetime
    last_pulse: datetime
    told_at: datetime | None
    acknowledgement: datetime | None
    acknowledged: bool
    due: datetime
    bundle: str
    incident: str
    trouble: str
    at: datetime


def write_notifications(store: Store, rows: Sequence[NotificationRow]) -> None:
    """Write decisions in one insert. Those with a step are sent from then on."""
    columns = [field.name for field in fields(NotificationRow)]
    store.insert("notification_versions", columns, list(zip(*map(astuple, rows), strict=True)))


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
