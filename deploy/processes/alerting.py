"""What tells people, beside the watch that decides what they are told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from deploy.processes.beside import beside
from deploy.settings import Settings
from deploy.writer import writer
from ingest.liveness import Liveness
from processing.alerts.attempts import Attempts
from processing.alerts.channels import OpenChannels
from processing.alerts.compose import Composer
from processing.alerts.dispatcher import Dispatcher
from processing.alerts.heartbeat import Heartbeat
from processing.alerts.metrics import AlertMetrics
from processing.alerts.own_alerts import OwnAlerts
from processing.alerts.rules import RuleBook
from processing.store.client import Store
from processing.tagging.topics import Taxonomy


def utc_now() -> datetime:
    """Return the time by the wall clock."""
    return datetime.now(UTC)


@contextmanager
def alerting_beside(
    settings: Settings,
    stop: threading.Event,
    *,
    book: Callable[[], RuleBook],
    taxonomy: Callable[[], Taxonomy],
    metrics: AlertMetrics,
    liveness: Liveness,
    historic: bool = False,
) -> Iterator[None]:
    """Tell the channels of the rules, decide what they hear of banwatch itself, and ping the heartbeat's address.

    Each has a thread of its own; there is no heartbeat without an address. With `historic`, channels hear of banwatch
    itself also while history is replayed.

    Raises:
        StoreUnavailable: the store does not answer.
    """

    def tell(store: Store, enough: threading.Event) -> None:
        composer = Composer(
            store,
            book,
            lambda language: taxonomy().names_in(language),
            utc_now,
            settings.processing.bin_width,
            settings.alerts.public_url,
            settings.alerts.links,
            lambda: taxonomy().corrections,
        )
        attempts = Attempts(store, composer, utc_now, metrics=metrics)
        Dispatcher(store, OpenChannels(book), attempts, liveness).run(enough)

    def look_at_ourselves(store: Store, enough: threading.Event) -> None:
        limits = settings.alerts.limits(settings.processing.bin_width)
        OwnAlerts(store, book, utc_now, limits, historic, metrics=metrics).run(enough)

    def ping(store: Store, enough: threading.Event) -> None:
        Heartbeat(store, settings.alerts.heartbeat_url, utc_now).run(enough)

    with ExitStack() as threads:
        threads.enter_context(beside("dispatcher", writer(settings), stop, tell))
        threads.enter_context(beside("own alerts", writer(settings), stop, look_at_ourselves))
        if settings.alerts.heartbeat_url.get_secret_value():
            threads.enter_context(beside("heartbeat", writer(settings), stop, ping))
        yield
