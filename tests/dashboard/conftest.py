"""Stores for the page to read."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from dashboard.parts import live
from dashboard.settings import DashboardSettings
from processing.contract import ClickHouseAddress
from processing.store.client import Store
from tests.conftest import Template, new_database
from tests.support import stock, told_stock
from tests.support.browser import Dashboard, browser, serve, up

__all__ = ["browser"]


@pytest.fixture(autouse=True)
def parts_that_fail_end_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the page such a part has a sentence in its place, which would hide the fault from a test."""

    def failed(*_: object) -> None:
        error = sys.exception()
        assert error is not None
        raise error

    monkeypatch.setattr(live, "_failed", failed)


@pytest.fixture
def address(template: Template) -> Iterator[ClickHouseAddress]:
    """What the pages have read is kept by the name of the database, so each test has a name of its own."""
    yield from new_database(template)


@pytest.fixture(scope="session")
def stocked(template: Template) -> ClickHouseAddress:
    """Three days of posts; the surge is over."""
    return stock.filled(template.copied("stocked"))


@pytest.fixture(scope="session")
def dashboard(stocked: ClickHouseAddress, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """The dashboard over it, as the command serves it."""
    with up(serve(stocked, tmp_path_factory.mktemp("dashboard"))) as dashboard:
        yield dashboard


@pytest.fixture
def settings(stocked: ClickHouseAddress) -> DashboardSettings:
    """The page's settings for it, as the user that may only read."""
    return settings_for(stocked)


@pytest.fixture(scope="session")
def told(template: Template) -> DashboardSettings:
    """The stocked posts, with hostile and deleted ones in the surge, deliveries and notes."""
    address = stock.filled(template.copied("told_page"))
    with Store(address) as store:
        told_stock.fill(store)
    return settings_for(address)


@pytest.fixture
def surging(address: ClickHouseAddress, store: Store) -> DashboardSettings:
    """The same posts, with the surge going on and the collector still listening."""
    stock.fill(store, going_on=True, complete=False)
    return settings_for(address)


def settings_for(address: ClickHouseAddress) -> DashboardSettings:
    return DashboardSettings(clickhouse_url=address.url, clickhouse_database=address.database)
