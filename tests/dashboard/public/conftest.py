"""The public pages over a real store, with a clock that the test moves and a store that it can take away."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import httpx
import pytest
from starlette.types import ASGIApp

from dashboard.public import editions
from dashboard.public.app import application
from dashboard.public.editions import Editions
from dashboard.public.editor import Editor
from dashboard.public.server import server
from dashboard.settings import PublicSettings
from dashboard.watch_list import Topic
from processing.contract import ClickHouseAddress, Corrects
from processing.store.client import Parameters, Row, Store
from tests.support import stock
from tests.support.waiting import eventually, free_port

NAMES = {
    "ban": Topic({"en": "TikTok bans", "ar": "حظر تيك توك", "fr": "Interdictions de TikTok"}, "ban"),
    "employer-ban": Topic(
        {"en": "Bans by employers", "ar": "حظر من أصحاب العمل", "fr": "Interdictions par des employeurs"}, "ban"
    ),
    "government-ban": Topic({"en": "Bans by a state", "ar": "حظر حكومي"}, "ban", watched=False),
}
OPENED = stock.END + timedelta(seconds=7)
INCIDENT = stock.incident().id
SITE = "https://trends.example.org"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store may take long for findings: the machine may be busy."""
    monkeypatch.setattr(editions, "FOUND_WITHIN", timedelta(seconds=20))


@dataclass
class Connection:
    """A connection that counts what it is asked. While it is `away`, it leads to a port at which nobody answers.

    `instead` has what it asks the store in the place of a part of a query.
    """

    address: ClickHouseAddress
    away: bool = False
    instead: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def open(self) -> Connection:
        self._store = Store(self._where())
        return self

    def query(self, sql: str, parameters: Parameters | None = None, *, patience: timedelta | None = None) -> list[Row]:
        self.asked.append(sql)
        for part, other in self.instead.items():
            sql = sql.replace(part, other)
        store = Store(self._where()) if self.away else self._store
        return store.query(sql, parameters, patience=patience)

    def _where(self) -> ClickHouseAddress:
        return replace(self.address, url=f"http://127.0.0.1:{free_port()}") if self.away else self.address


@dataclass
class Served:
    """The pages, and what the test can move. `now` is the wall clock."""

    client: httpx.Client
    connection: Connection
    base: str
    bucket: timedelta
    now: datetime = OPENED

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def pass_buckets(self, number: int) -> None:
        self.now += number * self.bucket


Serve = Callable[..., Served]


@contextmanager
def serving(address: ClickHouseAddress, **given: object) -> Iterator[Served]:
    settings = PublicSettings(
        clickhouse_url=address.url, clickhouse_database=address.database, **{"public_site": SITE, **given}
    )
    connection = Connection(settings.clickhouse)
    corrects = [Corrects("retraction", "employer-ban", "ban")]
    editions = Editions(
        connection.open, settings.public_refresh, posts=settings.public_posts, corrects=lambda: corrects
    )
    served: list[Served] = []
    app = application(
        Editor(editions, lambda: NAMES, settings.public_site), settings, lambda: served[0].now if served else OPENED
    )
    with listening(app) as base, httpx.Client(base_url=base, timeout=120, verify=False) as client:
        served.append(Served(client, connection, base, settings.public_refresh))
        yield served[0]


@contextmanager
def listening(app: ASGIApp) -> Iterator[str]:
    """Serve as the process does, in a thread; give the address."""
    own = server(app)
    with socket.create_server(("127.0.0.1", 0), backlog=2_048) as listener:
        thread = threading.Thread(target=own.run, args=([listener],), daemon=True)
        thread.start()
        try:
            assert eventually(lambda: own.started)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            own.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def standing(stocked: ClickHouseAddress) -> Iterator[Served]:
    """Pages whose clock stands still and whose store answers, for all tests of a module."""
    with serving(stocked) as served:
        yield served


@pytest.fixture
def served(stocked: ClickHouseAddress) -> Iterator[Served]:
    with serving(stocked) as served:
        yield served
