"""The page "Health": is banwatch itself well?"""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime

from dashboard.context import Context, connection, shared
from dashboard.parts import live
from dashboard.settings import DashboardSettings
from dashboard.views.health import glance, networks, path, rejected, reports, store, trends
from dashboard.views.health.rates import DAY, STEP, rates
from dashboard.views.health.standing import Standing
from dashboard.window import end_of_time, floor
from processing import queries
from processing.contract import EVERYTHING
from processing.troubles import own_facts


def show(context: Context) -> None:
    """Draw the page. All of it refreshes by itself."""
    live.show("health", _draw, context)


def _draw(context: Context) -> None:
    found, words, wall = context.asked(lambda: _standing(context.settings)), context.words, datetime.now(UTC)
    if isinstance(found, str):
        glance.store_is_away(found, words)
        return
    glance.show(found, context.services.limits, words, wall)
    path.show(found, words, wall)
    reports.show(found, words, wall)
    networks.show(found, words)
    trends.show(context.asked(lambda: _firsts(context.settings, tuple(each.root for each in context.lists))), words)
    rejected.show(found, words)
    store.show(found, words)


@shared(ttl=3, max_entries=8)
def _standing(settings: DashboardSettings) -> Standing:
    """Return what the store knows of banwatch itself. All readers share it."""
    reader, now = connection(settings), datetime.now(UTC)
    facts = own_facts(reader, now)
    known = Standing(
        **{field.name: getattr(facts, field.name) for field in fields(facts)}
        | {
            "waiting": queries.undelivered(reader),
            "rejections": queries.rejections(reader, now - DAY, now),
            "rejected_shares": queries.rejected_shares(reader, now - DAY, now),
            "told": queries.troubles_told(reader),
        }
    )
    return _with_counts(known, settings)


@shared(ttl=300, max_entries=8)
def _firsts(settings: DashboardSettings, roots: tuple[str, ...]) -> tuple[trends.Firsts, ...]:
    """Return whether banwatch or the trends of each network were first, over the last days of the wall clock."""
    reader, since = connection(settings), datetime.now(UTC) - trends.LOOKED_BACK
    about = queries.trends_about(reader, roots, since)
    return trends.firsts(about, queries.recent_trend_leads(reader, since) if any(about.values()) else ())


def _with_counts(known: Standing, settings: DashboardSettings) -> Standing:
    reader = connection(settings)
    extent = queries.extent(reader)
    if extent is None:
        return replace(known, counted_until=None)
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
