"""A watch over a store, put together of its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

from processing.detection.policy import DetectorPolicy
from processing.incidents.describe import described
from processing.ports import Alerts, Observer
from processing.store.client import Store
from processing.stored import StoredRecords, StoreJudge
from processing.watch import Watch


def watch_over(
    store: Store,
    roots: Callable[[], Mapping[str, str]],
    width: timedelta,
    alerts: Alerts,
    clock: Callable[[], datetime],
    *,
    observer: Observer | None = None,
) -> Watch:
    """The watch that judges by the store's posts; see `Watch` for the rest."""
    return Watch(
        StoredRecords(store),
        partial(StoreJudge.at, store, width),
        partial(described, store),
        alerts,
        roots,
        DetectorPolicy.for_bins(width),
        clock,
        observer or Observer(),
    )
