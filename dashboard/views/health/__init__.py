"""The page "Health": is banwatch itself well?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from dashboard.context import Context, connection, shared
from dashboard.parts import live
from dashboard.settings import DashboardSettings
from dashboard.views.health import glance, networks, path, rejected, reports, store
from dashboard.views.health.rates import DAY, STEP, rates
from dashboard.views.health.standing import Standing
from dashboard.window import end_of_time, floor
from processing import queries
from processing.contract import EVERYTHING


def show(context: Context) -> None:
    """Draw the page. All of it refreshes by itself."""
    live.show("health", _draw, context)


def _draw(context: Context) -> None:
    found, words, wall = context.asked(lambda: _standing(context.settings)), context.words, datetime.now(UTC)
    if isinstance(found, str):
        glance.store_is_away(found, words)
        return
    glance.show(found, words, wall)
    path.show(found, words, wall)
    reports.show(found, words, wall)
    networks.show(found, words)
    rejected.show(found, words)
    store.show(found, words)


@shared(ttl=3, max_entries=8)
def _standing(settings: DashboardSettings) -> Standing:
    """Return what the store knows of banwatch itself. All readers share it."""
    reader, now = connection(settings), datetime.now(UTC)
    watch = queries.watch_report(reader)
    known = Standing(
        coverage=queries.coverage(reader),
        health=queries.health(reader),
        scored_until=None if watch is None else watch.scored_until,
        watch_heard_at=None if watch is None else watch.heard_at,
        disks=queries.disk_space(reader),
        rejections=queries.rejections(reader, now - DAY, now),
        rejected_shares=queries.rejected_shares(reader, now - DAY, now),
        broker=queries.broker_memory(reader),
        attempts=queries.last_attempts(reader, 1),
        waiting=queries.undelivered(reader),
    )
    return _with_counts(known, settings)


def _with_counts(known: Standing, settings: DashboardSettings) -> Standing:
    reader = connection(settings)
    extent = queries.extent(reader)
    if extent is None:
        return known
    first, newest = extent
    counted = end_of_time(known.coverage, newest)
    day = floor(counted, STEP)
    rows = queries.posts_over_time(reader, day - DAY, day, STEP, by="source", topic=EVERYTHING)
    begin = floor(first, DAY)
    everything = queries.series(reader, begin, newest + DAY, DAY, topic=EVERYTHING, language=EVERYTHING)
    return replace(
        known,
        first=first,
        newest=newest,
        counted_until=counted,
        posts=sum(each.posts for each in everything),
        rates=rates(rows, known.coverage, day),
    )
