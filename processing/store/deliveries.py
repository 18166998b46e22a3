"""What a dispatcher writes: the attempts to tell a channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime

from processing.store.client import Store


@dataclass(frozen=True, kw_only=True)
class DeliveryRow:
    """One attempt for one notification, as it stands in `deliveries`; `latency` and `pause` are in seconds."""

    key: str
    conversation: str
    channel: str
    step: str
    attempt: int
    reason: str
    latency: float
    message: str
    pause: float
    message_id: str
    detail: str
    at: datetime


def write_deliveries(store: Store, rows: Sequence[DeliveryRow]) -> None:
    """Write rows in one insert: the parts of a digest are tried together or not at all."""
    columns = [field.name for field in fields(DeliveryRow)]
    store.insert("delivery_versions", columns, list(zip(*map(astuple, rows), strict=True)))
