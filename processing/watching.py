"""A watch over a store, put together of its parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from processing.alerts.deliver import Alerts, Notifier
from processing.detection.policy import DetectorPolicy
from processing.incidents.describe import described
from processing.store.client import Store
from processing.stored import StoredRecords, StoreJudge
from processing.watch import Watch


def watch_over(
    store: Store,
    roots: Callable[[], Mapping[str, str]],
    width: timedelta,
    notifiers: Sequence[Notifier],
    clock: Callable[[], datetime],
) -> Watch:
    """The watch that judges by the store's posts and tells by these channels; see `Watch` for the rest."""
    return Watch(
        StoredRecords(store),
        partial(StoreJudge.at, store, width),
        partial(described, store),
        Alerts(store, notifiers),
        roots,
        DetectorPolicy.for_bins(width),
        clock,
    )
