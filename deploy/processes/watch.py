"""The watch, and the store's upkeep beside it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Annotated

import structlog
import typer

from deploy.metrics.health import Health
from deploy.metrics.server import exposed
from deploy.processes.alerting import alerting_beside, utc_now
from deploy.processes.beside import Work, beside
from deploy.processes.signals import run_until, until_signalled
from deploy.settings import Settings, load
from deploy.writer import writer
from ingest.trends import TrendList, trend_lists
from processing.alerts.alerts import Alerts
from processing.alerts.metrics import AlertMetrics
from processing.alerts.records import StoredConversations
from processing.alerts.rules import RuleBook
from processing.alerts.rules_reload import ReloadingRules
from processing.contract import UNDETERMINED
from processing.store.client import Store
from processing.store.maintenance import Upkeep, chores
from processing.tagging.topics import ReloadingTaxonomy
from processing.trends import TrendRecorder
from processing.watch_metrics import WatchMetrics
from processing.watching import watch_over

log = structlog.get_logger()

CHORE_PATIENCE = timedelta(hours=1)
"""A month of posts is merged in one statement."""


def watch(
    alert: Annotated[bool, typer.Option("--alert", help="Tell of incidents of more than a day ago, too.")] = False,
) -> None:
    """Look for spikes and tell of incidents."""
    settings = load(os.environ)
    stop = until_signalled()
    taxonomy = ReloadingTaxonomy(*settings.topics_files)
    secrets = settings.alerts.alert_secrets
    rules = ReloadingRules(settings.alerts_file, secrets, lambda: ids_of(taxonomy), settings.topics_files)
    width = settings.processing.bin_width
    health, of_alerts = Health(), AlertMetrics()
    liveness, of_dispatcher = health.loop("watch"), health.loop("dispatcher")
    metrics = WatchMetrics(liveness)

    def work() -> None:
        with Store(writer(settings)) as store:
            alerts = Alerts(
                StoredConversations(store),
                lambda: rules_now(rules),
                lambda: taxonomy.taxonomy.ancestors,
                utc_now,
                alert,
                metrics=of_alerts,
            )
            watching = watch_over(store, lambda: roots_of(taxonomy), width, alerts, utc_now, observer=metrics)
            telling = alerting_beside(
                settings,
                stop,
                book=lambda: rules.rules,
                taxonomy=lambda: taxonomy.taxonomy,
                metrics=of_alerts,
                liveness=of_dispatcher,
                historic=alert,
            )
            # They end in reverse: what waits for a network ends last, behind the last messages.
            with trends_beside(settings, stop, taxonomy), upkeep_beside(settings, stop), telling:
                run_until(stop, lambda: watching.run(stop, settings.processing.watch_interval), liveness)

    with exposed(settings.process, "watch", health, metrics, of_alerts):
        run_until(stop, work, liveness)


def roots_of(taxonomy: ReloadingTaxonomy) -> dict[str, str]:
    """The root of every watched topic of the files as they are now."""
    taxonomy.refresh()
    return taxonomy.taxonomy.roots


def ids_of(taxonomy: ReloadingTaxonomy) -> frozenset[str]:
    """The topics of the files as they are now."""
    taxonomy.refresh()
    return frozenset(taxonomy.taxonomy.ancestors)


def rules_now(rules: ReloadingRules) -> RuleBook:
    """The rules of the file as it is now."""
    if sentence := rules.refresh().sentence:
        log.info("rules", said=sentence)
        print(sentence, flush=True)
    return rules.rules


@contextmanager
def trends_beside(settings: Settings, stop: threading.Event, taxonomy: ReloadingTaxonomy) -> Iterator[None]:
    """Record what the networks of the settings call trending, each in a thread of its own."""

    def recording(each: TrendList) -> Work:
        def record(store: Store, enough: threading.Event) -> None:
            TrendRecorder(
                store,
                (each.network, each.server),
                each.read,
                lambda name: taxonomy.taxonomy.tag(name, UNDETERMINED, each.network),
                utc_now,
                settings.ingest.trends_every,
            ).run(enough)

        return record

    with ExitStack() as threads:
        for each in trend_lists(settings.ingest, utc_now):
            threads.enter_context(beside(f"trends of {each.server}", writer(settings), stop, recording(each)))
        yield


def upkeep_beside(settings: Settings, stop: threading.Event) -> AbstractContextManager[None]:
    """Do the store's chores in a thread of their own."""

    def maintain(store: Store, enough: threading.Event) -> None:
        work = chores(settings.processing.purge_interval, settings.processing.roll_up_interval)
        Upkeep(store, work, clock=lambda: timedelta(seconds=time.monotonic())).run(enough)

    return beside("upkeep", replace(writer(settings), timeout=CHORE_PATIENCE), stop, maintain)
