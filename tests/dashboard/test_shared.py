"""Readers who see the same share what was asked of the store and what was drawn; what differs is nobody else's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
import streamlit as st
from streamlit.runtime.caching import cache_utils

from dashboard.parts import known, timeline
from dashboard.parts.display import Display
from dashboard.services import Services
from dashboard.settings import DashboardSettings
from dashboard.snapshot import load
from dashboard.views.incident import report
from processing import queries
from processing.contract import EVERYTHING, ClickHouseAddress
from processing.detection.policy import DetectorPolicy
from processing.expectation import expectations
from processing.explanation import Explanation
from processing.store.client import Parameters, Row, Store, StoreUnavailable
from processing.store.deletions import DeletionTarget, delete
from processing.store.writer import recount
from tests.dashboard.conftest import settings_for
from tests.dashboard.pages import NAMES, run
from tests.support import stock
from tests.support.watched import of_bans

NAME = stock.incident().id
BERLIN = ZoneInfo("Europe/Berlin")
SERVICES = Services(
    topics=lambda: NAMES,
    expected=partial(expectations, policy=DetectorPolicy.for_bins(timedelta(minutes=5))),
)


@pytest.fixture(autouse=True)
def nothing_held(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is held, and what is held from now on does not grow old."""
    monkeypatch.setattr(cache_utils, "TTLCACHE_TIMER", lambda: 0.0)
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def test_one_reader_waits_for_a_store_that_hangs_and_the_next_ones_are_told(
    settings: DashboardSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[None] = []

    def hang(_: object) -> None:
        waited.append(None)
        raise StoreUnavailable("no answer within 30 s")

    def tell() -> None:
        with pytest.raises(StoreUnavailable, match="no answer within 30 s"):
            known.present(settings)

    monkeypatch.setattr(known, "_failures", {})
    monkeypatch.setattr(known, "ask", hang)
    monkeypatch.setattr(known, "AWAY", timedelta(hours=1))
    tell()
    tell()
    assert len(waited) == 1
    monkeypatch.setattr(known, "AWAY", timedelta())
    tell()
    assert len(waited) == 2


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    own = Store.query

    def query(
        self: Store, sql: str, parameters: Parameters | None = None, *, patience: timedelta | None = None
    ) -> list[Row]:
        found.append(f"{sql} {parameters}")
        return own(self, sql, parameters, patience=patience)

    monkeypatch.setattr(Store, "query", query)
    return found


def test_no_query_is_asked_twice_by_readers_who_see_the_same(settings: DashboardSettings, asked: list[str]) -> None:
    for language in ("en", "ar"):
        run(settings, SERVICES, "", ui=language, range="day")
        run(settings, SERVICES, "", ui=language, range="6h", by="language")
        run(settings, SERVICES, "incident", id=NAME, ui=language)
    assert asked
    assert [query for query, times in Counter(asked).items() if times > 1] == []


def test_a_chart_is_drawn_once_for_a_language_a_zone_and_names_of_topics(settings: DashboardSettings) -> None:
    found = load(queries.connect(settings.clickhouse), of_bans())
    assert found is not None
    names = {"ban": "TikTok bans"}
    readers = [
        Display(tag, zone, zone, live=True).words(names)
        for tag, zone in (("en", UTC), ("ar", UTC), ("en", BERLIN), ("en", UTC))
    ]
    readers.append(Display("en", UTC, UTC, live=True).words({"ban": "Bans"}))
    charts = [timeline.drawn(found, of_bans(), words) for words in readers]
    assert charts[0] is charts[3]
    assert len({str(each.specification) for each in charts}) == 4


def test_the_reasons_are_made_again_only_when_a_post_of_the_time_changes(
    address: ClickHouseAddress, store: Store
) -> None:
    stock.fill(store)
    settings = settings_for(address)
    found = report.standing(settings, NAME)
    assert found is not None
    days_later = [replace(found, now=stock.END + days * timedelta(days=1)) for days in (2, 3)]

    def explained(number: int) -> Explanation:
        report.explained.clear()
        return report.explained(settings, days_later[number], EVERYTHING)

    first = explained(0)
    assert explained(1) is first
    [gone, *_] = first.first_posts.rows
    recount(store, delete(store, DeletionTarget(stock.SOURCE, [gone.id])))
    assert gone.id not in {each.id for each in explained(1).first_posts.rows}
