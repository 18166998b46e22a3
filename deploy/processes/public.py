"""The process that serves the public pages."""

from __future__ import annotations

import os

from deploy.errors import PortTaken
from deploy.metrics.health import Health, turned
from deploy.metrics.http import HttpMetrics
from deploy.metrics.server import exposed
from deploy.processes.dashboard import corrections_of, topics_of
from deploy.settings import load
from processing.tagging.topics import ReloadingTaxonomy


def public() -> None:
    """Serve the public pages: HTML, a feed, data and pictures that anyone may read and any cache may hold."""
    from dashboard.public.server import PublicUnavailable, run  # noqa: PLC0415 - an optional part

    settings = load(os.environ)
    taxonomy = ReloadingTaxonomy(*settings.topics_files)
    health, metrics = Health(), HttpMetrics("public")
    try:
        with exposed(settings.process, "public", health, metrics):
            run(
                settings.public,
                lambda: topics_of(taxonomy),
                lambda: corrections_of(taxonomy),
                metrics.around,
                turned(health.loop("server")),
            )
    except PublicUnavailable as error:
        raise PortTaken(str(error)) from error
