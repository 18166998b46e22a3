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
) -> Iterator[None]:
    """Tell the channels of the rules in a thread of its own, and ping the heartbeat's address if one is set.

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
        )
        attempts = Attempts(store, composer, utc_now, metrics=metrics)
        Dispatcher(store, OpenChannels(book), attempts, liveness).run(enough)

    def ping(store: Store, enough: threading.Event) -> None:
        Heartbeat(store, settings.alerts.heartbeat_url, utc_now).run(enough)

    with ExitStack() as threads:
        threads.enter_context(beside("dispatcher", writer(settings), stop, tell))
        if settings.alerts.heartbeat_url.get_secret_value():
            threads.enter_context(beside("heartbeat", writer(settings), stop, ping))
        yield
