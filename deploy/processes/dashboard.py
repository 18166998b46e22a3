"""The process that serves the page."""

from __future__ import annotations

import getpass
import os
from functools import partial
from typing import TYPE_CHECKING

from deploy.access import check_access
from deploy.desk import desk_of
from deploy.errors import PortTaken
from deploy.metrics.health import Health, turned
from deploy.metrics.http import HttpMetrics
from deploy.metrics.server import exposed
from deploy.settings import Settings, load
from deploy.versions import versions
from processing.contract import Corrects
from processing.detection.policy import DetectorPolicy
from processing.expectation import expectations
from processing.tagging.topics import ReloadingTaxonomy

if TYPE_CHECKING:
    from dashboard.services import Services
    from dashboard.watch_list import Topic


def dashboard() -> None:
    """Serve the dashboard."""
    from dashboard.server import PageUnavailable, run  # noqa: PLC0415 - an optional part

    settings = load(os.environ)
    check_access(settings)
    health, metrics = Health(), HttpMetrics("dashboard")
    try:
        with exposed(settings.process, "dashboard", health, metrics):
            run(settings.dashboard, services(settings), metrics.around, turned(health.loop("server")))
    except PageUnavailable as error:
        raise PortTaken(str(error)) from error


def services(settings: Settings) -> Services:
    """Return what the page borrows."""
    from dashboard.services import Services  # noqa: PLC0415 - an optional part
    from deploy.docs.data_dictionary import described  # noqa: PLC0415
    from deploy.docs.example_queries import questions  # noqa: PLC0415
    from deploy.known_events import load_events  # noqa: PLC0415
    from deploy.lent_backtests import LentBacktests  # noqa: PLC0415
    from deploy.lent_rules import LentRules  # noqa: PLC0415

    events = load_events(settings.events_file)
    taxonomy = ReloadingTaxonomy(*settings.topics_files)
    policy = DetectorPolicy.for_bins(settings.processing.bin_width)
    rules = LentRules(settings.alerts_file, lambda: taxonomy.taxonomy.ancestors)
    return Services(
        topics=lambda: topics_of(taxonomy),
        desk=desk_of(settings),
        user=_user(),
        dictionary=described,
        examples=lambda root: questions(root, corrections_of(taxonomy), unwatched_of(taxonomy)),
        events=lambda: events,
        expected=partial(expectations, policy=policy),
        versions=lambda: versions(settings.topics_files, taxonomy.taxonomy),
        limits=settings.alerts.limits(settings.processing.bin_width),
        rules=rules,
        corrects=lambda: corrections_of(taxonomy),
        backtests=LentBacktests(rules.book, lambda: taxonomy.taxonomy, policy),
    )


def topics_of(taxonomy: ReloadingTaxonomy) -> dict[str, Topic]:
    """Return every topic of the taxonomy as its files are at present."""
    from dashboard.watch_list import Topic  # noqa: PLC0415 - an optional part

    taxonomy.refresh()
    now = taxonomy.taxonomy
    return {topic.id: Topic(topic.names, now.root_of(topic.id), topic.watched) for topic in now.topics}


def corrections_of(taxonomy: ReloadingTaxonomy) -> tuple[Corrects, ...]:
    """Return the topics that correct others, from the present taxonomy file."""
    taxonomy.refresh()
    return taxonomy.taxonomy.corrections


def unwatched_of(taxonomy: ReloadingTaxonomy) -> tuple[str, ...]:
    """Return the topics that are counted and not watched, from the present taxonomy files."""
    taxonomy.refresh()
    return tuple(topic.id for topic in taxonomy.taxonomy.topics if not topic.watched)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return ""
