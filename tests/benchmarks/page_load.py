"""Milliseconds of queries that each page of the dashboard costs, cold and warm, and the engine's processor time.

Cold, nothing of the store's files is in memory: neither in the engine's caches nor in the system's.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.logger import set_log_level

from dashboard.context import connection
from dashboard.filters import Range, Split
from dashboard.services import Services
from dashboard.settings import DashboardSettings
from dashboard.snapshot import load
from dashboard.views.incident import report
from dashboard.views.incident.report import Standing
from dashboard.views.posts import PAGE
from deploy.processes.dashboard import services
from deploy.settings import load as load_settings
from processing import queries
from processing.contract import EVERYTHING, ClickHouseAddress
from processing.queries import PostSearch, Reader
from processing.store.client import Parameters, Row, Store
from tests.support import stock
from tests.support.filled import END, START
from tests.support.processor_time import processor_seconds
from tests.support.watched import of_bans

CACHES = ("MARK CACHE", "UNCOMPRESSED CACHE")
NOW = {
    "Now, day": of_bans(range=Range.DAY),
    "Now, day by topic": of_bans(range=Range.DAY, by=Split.TOPIC),
    "Now, week": of_bans(range=Range.WEEK),
    "Now, month": of_bans(range=Range.MONTH),
    "Now, month by topic": of_bans(range=Range.MONTH, by=Split.TOPIC),
    "Now, month by language": of_bans(range=Range.MONTH, by=Split.LANGUAGE),
    "Now, month of one topic in Arabic": of_bans(range=Range.MONTH, topic="ban", language="ar"),
}
"""The views of the page Now that are measured."""

Load = Callable[[], object]


@dataclass(frozen=True)
class Asked:
    """One query of the store: its milliseconds and its SQL."""

    milliseconds: float
    sql: str


@dataclass(frozen=True)
class Looks:
    """What several looks at one page cost: milliseconds of each, the engine's of a processor, and the last queries."""

    wall: tuple[float, ...]
    processor: float
    asked: tuple[Asked, ...]

    def at(self, share: float) -> float:
        """Return the milliseconds within which this share of the looks ended."""
        return at(share, self.wall)


def at(share: float, values: tuple[float, ...] | list[float]) -> float:
    """Return the value below which this share of the values lies."""
    return sorted(values)[round(share * (len(values) - 1))]


@contextmanager
def noted(note: Callable[[float, str, Parameters | None], None]) -> Iterator[None]:
    """Note the milliseconds, the SQL and the parameters of each query of this process until the block ends."""
    own = Store.query

    def query(self: Store, sql: str, parameters: Parameters | None = None, **options: object) -> list[Row]:
        begun = time.perf_counter()
        try:
            return own(self, sql, parameters, **options)  # type: ignore[arg-type]
        finally:
            note(1000 * (time.perf_counter() - begun), sql, parameters)

    Store.query = query  # type: ignore[method-assign]
    try:
        yield
    finally:
        Store.query = own  # type: ignore[method-assign]


def settings_of(store: ClickHouseAddress) -> DashboardSettings:
    """Return the settings of a dashboard that reads the store as the user who may only read."""
    return DashboardSettings(clickhouse_url=store.url, clickhouse_database=store.database)


def loads(settings: DashboardSettings, reader: Reader, lent: Services) -> dict[str, Load]:
    """Return what each page loads, as the page itself loads it."""
    name = stock.incident().id
    everything = PostSearch(START, END)
    words = PostSearch(START, END, topic="ban", words="TikTok banned")

    def incident() -> None:
        of = report.standing(settings, name)
        assert of is not None
        report.course(settings, of, with_deleted=True)
        report.expected(settings, of, lent)
        report.told(settings, name, (EVERYTHING, of.incident.topic), of.now)

    def part(of_page: Callable[[Standing], object]) -> Load:
        def read() -> None:
            of = report.standing(settings, name)
            assert of is not None
            of_page(of)

        return read

    def newest() -> None:
        queries.newest_matching(reader, everything, queries.hours_of(reader, everything), first=0, limit=PAGE)

    def with_words() -> None:
        found = queries.newest_with_words(reader, words, queries.hours_of(reader, words))
        queries.posts_with_keys(reader, words, found.keys[:PAGE])

    return {
        **{name: partial(load, reader, view) for name, view in NOW.items()},
        "Now, month as shares": lambda: load(reader, NOW["Now, month"], share=True),
        "Incident": incident,
        "Incident, its reasons": part(lambda of: report.explained(settings, of, EVERYTHING)),
        "Incident, its claims": part(lambda of: report.said(settings, of)),
        "Incident, who led": part(lambda of: report.led(settings, of)),
        "Incident, its correction": part(lambda of: report.corrections(settings, of, tuple(lent.corrects()))),
        "Incident, who posted alike": part(lambda of: report.alike(settings, of)),
        "Incident, trends of networks": part(lambda of: report.trend_leads(settings, of.incident.id)),
        "Incidents, the list": lambda: report.listed(settings),
        "Posts, first page": newest,
        "Posts, a search for words": with_words,
    }


def measure(store: ClickHouseAddress, process: int, folder: Path, times: int) -> None:
    """Print a line a page, of so many looks, and of a quarter as many cold ones."""
    set_log_level("ERROR")  # Streamlit warns that no browser is there
    print(f"{'':<36}{'cold':>7}{'p95':>7}{'warm':>8}{'p95':>7}  engine  queries, the slowest (ms)", flush=True)
    settings = settings_of(store)

    def anew() -> None:
        st.cache_resource.clear()
        connection(settings)

    with Store(store) as writer, queries.connect(settings.clickhouse) as reader:

        def cold_anew() -> None:
            anew()
            forget(writer, folder)

        for name, look in loads(settings, reader, services(load_settings({}))).items():
            cold = looks(look, max(1, times // 4), process, cold_anew)
            warm = looks(look, times, process, anew)
            slowest = max(warm.asked, key=lambda each: each.milliseconds)
            print(
                f"{name:<36}{cold.at(0.5):>7,.0f}{cold.at(0.95):>7,.0f}{warm.at(0.5):>8,.0f}{warm.at(0.95):>7,.0f}"
                f"{warm.processor:>8,.0f}  {len(warm.asked)}, {slowest.milliseconds:,.0f}: {told(slowest.sql)}",
                flush=True,
            )


def looks(look: Load, times: int, process: int, anew: Callable[[], None]) -> Looks:
    """Look several times. `anew` makes each the first look of all, and `process` is the engine's."""
    wall: list[float] = []
    processor = 0.0
    asked: list[Asked] = []
    for _ in range(times):
        anew()
        asked.clear()
        with noted(lambda milliseconds, sql, _: asked.append(Asked(milliseconds, sql))):
            busy, begun = processor_seconds(process), time.perf_counter()
            look()
            wall.append(1000 * (time.perf_counter() - begun))
            processor += processor_seconds(process) - busy
    return Looks(tuple(wall), 1000 * processor / times, tuple(asked))


def forget(store: Store, folder: Path) -> None:
    """Drop what the engine and the system hold of the store's files in memory."""
    for cache in CACHES:
        store.command(f"SYSTEM DROP {cache}")
    for path, _, names in os.walk(folder):  # passes over a folder that is merged away meanwhile
        for name in names:
            with suppress(FileNotFoundError), Path(path, name).open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def told(sql: str, length: int = 70) -> str:
    """Return the begin of a query in one line."""
    return " ".join(sql.split())[:length]
