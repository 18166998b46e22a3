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
from zoneinfo import ZoneInfo

from deploy.processes.signals import run_until, until_signalled
from deploy.settings import Settings, load
from deploy.writer import writer
from processing.alerts.alerts import Alerts
from processing.alerts.notifiers.console import ConsoleOptions
from processing.alerts.rules import AlertRule, Channel, RuleBook
from processing.contract import Severity
from processing.store.client import Store
from processing.store.maintenance import Upkeep, chores
from processing.tagging.topics import ReloadingTaxonomy
from processing.watching import watch_over

CHORE_PATIENCE = timedelta(hours=1)
"""A month of posts is merged in one statement."""

DEFAULT_RULES = RuleBook(
    version="default",
    zone=ZoneInfo("UTC"),
    channels={"console": Channel("console", "console", ConsoleOptions())},
    rules=(AlertRule(name="default", channels=("console",), severity=Severity.MAJOR, no_data=True),),
)
"""Every surge of people of `major` or more, and every silent source, is told on the console."""


def watch() -> None:
    """Look for spikes and tell of incidents."""
    settings = load(os.environ)
    stop = until_signalled()
    taxonomy = ReloadingTaxonomy(settings.topics_file)
    width = settings.processing.bin_width

    def work() -> None:
        with Store(writer(settings)) as store:
            alerts = Alerts(store, lambda: DEFAULT_RULES, lambda: ancestors_in(taxonomy), utc_now)
            watching = watch_over(store, lambda: roots_of(taxonomy), width, alerts, utc_now)
            with upkeep_beside(settings, stop):
                run_until(stop, lambda: watching.run(stop, settings.processing.watch_interval))

    run_until(stop, work)


def roots_of(taxonomy: ReloadingTaxonomy) -> dict[str, str]:
    """The root of every watched topic of the file as it is now."""
    taxonomy.refresh()
    now = taxonomy.taxonomy
    return {topic.id: now.root_of(topic.id) for topic in now.topics if topic.watched}


def ancestors_in(taxonomy: ReloadingTaxonomy) -> dict[str, frozenset[str]]:
    """The topics above each topic of the file as it is now."""
    parents = {topic.id: topic.parent for topic in taxonomy.taxonomy.topics}

    def above(topic: str | None) -> frozenset[str]:
        parent = parents.get(topic) if topic is not None else None
        return frozenset() if parent is None else above(parent) | {parent}

    return {topic: above(topic) for topic in parents}


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
