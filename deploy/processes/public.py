"""The process that serves the public pages."""

from __future__ import annotations

import os

from deploy.processes.dashboard import names_of
from deploy.settings import load
from deploy.supervisor.endpoints import PortTaken
from processing.tagging.topics import ReloadingTaxonomy


def public() -> None:
    """Serve the public pages: HTML, a feed, data and pictures that anyone may read and any cache may hold."""
    from dashboard.public.server import PublicUnavailable, run  # noqa: PLC0415 - an optional part

    settings = load(os.environ)
    taxonomy = ReloadingTaxonomy(settings.topics_file)
    try:
        run(settings.public, lambda: names_of(taxonomy))
    except PublicUnavailable as error:
        raise PortTaken(str(error)) from error
