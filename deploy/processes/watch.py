"""The watch, and the store's upkeep beside it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from deploy.processes.signals import run_until, until_signalled
from deploy.settings import Settings, load
from deploy.writer import writer
from processing.alerts.alerts import Alerts
from processing.alerts.records import StoredConversations
from processing.alerts.rules import RuleBook
from processing.alerts.rules_reload import ReloadingRules
from processing.store.client import Store
from processing.store.maintenance import Upkeep, chores
from processing.tagging.topics import ReloadingTaxonomy
from processing.watching import watch_over

log = structlog.get_logger()

CHORE_PATIENCE = timedelta(hours=1)
"""A month of posts is merged in one statement."""


def watch() -> None:
    """Look for spikes and tell of incidents."""
    settings = load(os.environ)
    stop = until_signalled()
    taxonomy = ReloadingTaxonomy(settings.topics_file)
    secrets = settings.alerts.alert_secrets
    rules = ReloadingRules(settings.alerts_file, secrets, lambda: taxonomy.taxonomy.ancestors)
    width = settings.processing.bin_width

    def work() -> None:
        with Store(writer(settings)) as store:
            alerts = Alerts(
                StoredConversations(store), lambda: rules_now(rules), lambda: taxonomy.taxonomy.ancestors, utc_now
            )
            watching = watch_over(store, lambda: roots_of(taxonomy), width, alerts, utc_now)
            with upkeep_beside(settings, stop):
                run_until(stop, lambda: watching.run(stop, settings.processing.watch_interval))

    run_until(stop, work)


def roots_of(taxonomy: ReloadingTaxonomy) -> dict[str, str]:
    """The root of every watched topic of the file as it is now."""
    taxonomy.refresh()
    now = taxonomy.taxonomy
    return {topic.id: now.root_of(topic.id) for topic in now.topics if topic.watched}


def rules_now(rules: ReloadingRules) -> RuleBook:
    """The rules of the file as it is now."""
    if sentence := rules.refresh().sentence:
        log.info("rules", said=sentence)
    return rules.rules


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@contextmanager
def upkeep_beside(settings: Settings, stop: threading.Event) -> Iterator[None]:
    """Do the store's chores in a thread of their own. What ends the chores ends the process too."""
    address = replace(writer(settings), timeout=CHORE_PATIENCE)
    with Store(address) as store, ThreadPoolExecutor(1, "upkeep") as threads:
        work = chores(settings.processing.purge_interval, settings.processing.roll_up_interval)
        upkeep = Upkeep(store, work, clock=lambda: timedelta(seconds=time.monotonic()))
        running = threads.submit(upkeep.run, stop)
        running.add_done_callback(lambda _: stop.set())
        try:
            yield
        finally:
            stop.set()
        running.result()
