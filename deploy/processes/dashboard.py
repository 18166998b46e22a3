"""The process that serves the page."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping

from deploy.access import check_access
from deploy.desk import desk_of
from deploy.settings import load
from deploy.supervisor.endpoints import PortTaken
from processing.tagging.topics import ReloadingTaxonomy


def dashboard() -> None:
    """Serve the page."""
    from dashboard.server import PageUnavailable, run  # noqa: PLC0415 - an optional part
    from dashboard.services import Services  # noqa: PLC0415
    from deploy.docs.data_dictionary import described  # noqa: PLC0415
    from deploy.docs.example_queries import QUESTIONS  # noqa: PLC0415

    settings = load(os.environ)
    check_access(settings)
    taxonomy = ReloadingTaxonomy(settings.topics_file)
    try:
        run(
            settings.dashboard,
            Services(
                topics=lambda: names_of(taxonomy),
                desk=desk_of(settings),
                user=_user(),
                dictionary=described,
                examples=QUESTIONS,
            ),
        )
    except PageUnavailable as error:
        raise PortTaken(str(error)) from error


def names_of(taxonomy: ReloadingTaxonomy) -> dict[str, Mapping[str, str]]:
    """Return the names of every topic by language, from the present taxonomy file."""
    taxonomy.refresh()
    return {topic.id: topic.names for topic in taxonomy.taxonomy.topics}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return ""
