"""Trends of networks beside our incidents: what is recorded, who was first, and what nobody knows."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace as changed
from pydantic import SecretStr

from dashboard.i18n import WORDS
from dashboard.views.incident.trends import is_said, sentence
from deploy.processes.watch import trends_beside
from deploy.settings import load
from ingest.contract import Trend
from ingest.errors import Permanent, Transient
from processing import queries
from processing.contract import ClickHouseAddress
from processing.i18n import LANGUAGES
from processing.queries import TrendLead
from processing.store.client import Store
from processing.store.deliveries import DeliveryRow, write_deliveries
from processing.store.records import write_incidents
from processing.tagging.topics import ReloadingTaxonomy
from processing.trends import TrendRecorder
from tests.support import stock
from tests.support.serving import Says, served
from tests.support.waiting import eventually

FOUR = datetime(2026, 7, 10, 16, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
INCIDENT = changed(stock.incident(going_on=True), id="ban-1", start=FOUR, detected_at=FOUR + 5 * MINUTE)


@dataclass
class Network:
    """A list of trends that a test writes, and a clock."""

    store: Store
    name: str
    shows: Sequence[Trend] = ()
    now: datetime = FOUR - 10 * MINUTE
    fails: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.recorder = TrendRecorder(
            self.store, (self.name, f"{self.name}.example"), self._read, topics, lambda: self.now, 2 * MINUTE
        )

    def _read(self, _: threading.Event) -> Sequence[Trend]:
        if self.fails:
            raise self.fails.pop()
        return self.shows

    def look(self, at: datetime, *names: str, started_at: datetime | None = None) -> None:
        self.now, self.shows = at, [Trend("weather"), *(Trend(name, "", started_at) for name in names)]
        self.recorder.look(threading.Event())


def topics(name: str) -> tuple[str, ...]:
    return ("ban", "tiktok") if "ban" in name else ()


@pytest.fixture
def reader(address: ClickHouseAddress, store: Store) -> Iterator[Store]:
    write_incidents(store, [INCIDENT, changed(INCIDENT, id="work-1", topic="work")])
    with Store(replace(address, user="reader", password=SecretStr(""))) as opened:
        yield opened


def told(store: Store, at: datetime) -> None:
    row = DeliveryRow(
        key="k", conversation="ban-1", channel="slack", step="opened", attempt=1, reason="sent", latency=0.1,
        message="k", pause=0.0, message_id="", detail="", at=at,
    )  # fmt: skip
    write_deliveries(store, [row])


def test_the_lead_is_from_our_telling_to_the_trend_and_unknown_stays_unknown(store: Store, reader: Store) -> None:
    bluesky, mastodon, weibo = (Network(store, name) for name in ("bluesky", "mastodon", "weibo"))
    # It says itself since when.
    bluesky.look(FOUR + 30 * MINUTE, "app ban", started_at=FOUR + 17 * MINUTE)
    # It came up between two looks: the first of them counts.
    for minute in (10, 12, 14):
        mastodon.look(FOUR + minute * MINUTE, *(["ban", "ban again"] if minute > 12 else []))
    # It was there at the first look.
    weibo.look(FOUR + 10 * MINUTE, "ban")
    weibo.look(FOUR + 12 * MINUTE, "ban", "another ban")
    assert queries.trend_leads(reader, "work-1") == ()
    assert queries.trend_leads(reader, "ban-1") == (
        TrendLead("bluesky", "app ban", False, 12 * MINUTE),
        TrendLead("mastodon", "ban", False, 7 * MINUTE),
        TrendLead("weibo", "ban", False, None),
    )
    told(store, FOUR + 20 * MINUTE)
    assert [(each.was_told, each.lead) for each in queries.trend_leads(reader, "ban-1")] == [
        (True, -3 * MINUTE),
        (True, -8 * MINUTE),
        (True, None),
    ]


def test_the_looks_of_one_server_decide_and_what_comes_up_days_later_is_not_compared(
    store: Store, reader: Store
) -> None:
    bluesky, mastodon = Network(store, "bluesky"), Network(store, "mastodon")
    for minute in (10, 12):
        bluesky.look(FOUR + minute * MINUTE, *(["ban"] if minute > 10 else []))
    # After a pause nobody knows how long it has been there, and it was there before.
    bluesky.look(FOUR + 90 * MINUTE, "ban")
    mastodon.look(FOUR + timedelta(days=3), "ban")
    assert queries.trend_leads(reader, "ban-1") == (TrendLead("bluesky", "ban", False, 5 * MINUTE),)


def test_a_trend_goes_on_over_a_restart_and_comes_up_anew_after_a_pause(store: Store, reader: Store) -> None:
    Network(store, "bluesky").look(FOUR)
    Network(store, "bluesky").look(FOUR + 2 * MINUTE, "ban")
    network = Network(store, "bluesky")
    network.look(FOUR + 4 * MINUTE, "ban")
    network.look(FOUR + 90 * MINUTE, "ban")
    rows = reader.query("SELECT appeared_at, first_seen, last_seen FROM trends WHERE name = 'ban' ORDER BY first_seen")
    assert rows == [
        (FOUR, FOUR + 2 * MINUTE, FOUR + 4 * MINUTE),
        (None, FOUR + 90 * MINUTE, FOUR + 90 * MINUTE),  # the list was not read for long
    ]


def test_the_watch_records_what_the_settings_name(
    address: ClickHouseAddress, reader: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANWATCH_CLICKHOUSE_URL", address.url)
    monkeypatch.setenv("BANWATCH_CLICKHOUSE_DATABASE", address.database)
    monkeypatch.setenv("BANWATCH_CLICKHOUSE_PASSWORD", address.password.get_secret_value())
    shown = b'[{"name": "TikTokBan", "url": "", "title": "TikTok ban"}]'
    with served(lambda asked: Says(shown) if "/api/v1/trends" in asked.path else Says(status=500)) as server:
        monkeypatch.setenv("BANWATCH_TRENDS_BLUESKY", server.url)
        monkeypatch.setenv("BANWATCH_TRENDS_MASTODON", server.url)
        settings, stop = load(os.environ), threading.Event()
        with trends_beside(settings, stop, ReloadingTaxonomy(*settings.topics_files)):
            eventually(lambda: reader.query("SELECT 1 FROM trends"))
    rows = reader.query("SELECT network, server, name, has(topics, 'ban') FROM trends ORDER BY name")
    assert rows == [("mastodon", "127.0.0.1", "#TikTokBan", True), ("mastodon", "127.0.0.1", "TikTok ban", True)]


def test_a_network_that_fails_is_asked_again_and_stops_nothing(store: Store, reader: Store) -> None:
    fails = [Transient("away"), Permanent("no list"), ValueError("a defect")]
    network = Network(store, "bluesky", shows=[Trend("ban")], fails=fails)
    network.recorder.every = timedelta(milliseconds=1)
    stop = threading.Event()
    running = threading.Thread(target=network.recorder.run, args=(stop,))
    running.start()
    try:
        eventually(lambda: reader.query("SELECT 1 FROM trends"))
        assert reader.query("SELECT name, topics FROM trends") == [("ban", ["ban", "tiktok"])]
    finally:
        stop.set()
        running.join()
    assert network.fails == []


@pytest.mark.parametrize("interface", LANGUAGES)
def test_a_lead_is_a_sentence_in_which_the_trend_is_text(interface: str) -> None:
    words = WORDS[interface]
    leads = [
        TrendLead("bluesky", "<b>ban", was_told, lead)
        for was_told in (True, False)
        for lead in (12 * MINUTE, -12 * MINUTE, None)
    ]
    said = {sentence(each, words) for each in leads if is_said(each)}
    assert [each for each in leads if not is_said(each)] == [TrendLead("bluesky", "<b>ban", False, 12 * MINUTE)]
    assert len(said) == 4
    assert all("Bluesky" in each and "&lt;b&gt;ban" in each for each in said)
    assert sum(words.duration(12 * MINUTE) in each for each in said) == 3
