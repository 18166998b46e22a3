"""Troubles of banwatch itself, from the store to the channels, beside a surge."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from pydantic import SecretStr

from ingest.contract import Progress, Rejected
from processing.alerts.alerts import Alerts
from processing.alerts.attempts import Attempts
from processing.alerts.channels import OpenChannels
from processing.alerts.compose import Composer
from processing.alerts.dispatcher import Dispatcher
from processing.alerts.journal import Entry
from processing.alerts.own_alerts import OwnAlerts, remembered
from processing.alerts.records import StoredConversations
from processing.alerts.rules_file import read_rules
from processing.queries import disk_space
from processing.store.client import Store
from processing.store.records import write_incidents
from processing.store.rejections import write_rejections
from processing.store.writer import write_progress
from processing.toml_text import TomlText
from processing.troubles import Limits
from tests.support.channels.receiver import Receiver, Reply, receiving
from tests.support.conversations import an_incident
from tests.support.queued import Decided, decide

pytestmark = pytest.mark.long

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
RULES = """
[channels.newsroom]
kind = "webhook"
[channels.ops]
kind = "webhook"
[[rules]]
name = "surges"
channels = ["newsroom"]
[[rules]]
name = "itself"
about = "banwatch"
channels = ["ops"]
"""
HOSTILE = "<img src=x>\u202e{name}\n@here"


@dataclass
class Installation:
    """A live source, what decides beside it, and a dispatcher that tells real channels. All go by one clock."""

    store: Store
    url: str
    now: datetime = field(default_factory=lambda: datetime.now(UTC) - 2 * HOUR)
    source: str = "bluesky"
    limits: Limits = field(default_factory=lambda: Limits(disk=0.0001, disk_critical=0.00001))
    heard: bool = True
    historic: bool = False

    def __post_init__(self) -> None:
        secrets = {name: {"url": SecretStr(f"{self.url}/{name}")} for name in ("newsroom", "ops")}
        self.book = read_rules(TomlText(RULES, "alerts.toml"), secrets, [])
        self.start()

    def start(self) -> None:
        """Start, as a process does that knows only what is in the store."""
        composer = Composer(self.store, lambda: self.book, lambda _: {}, lambda: self.now, 5 * MINUTE)
        attempts = Attempts(self.store, composer, lambda: self.now, chance=lambda: 0.5)
        self.dispatcher = Dispatcher(self.store, OpenChannels(lambda: self.book), attempts)
        self.dispatcher.resume()
        self.own = OwnAlerts(self.store, lambda: self.book, lambda: self.now, self.limits, self.historic)

    def surge(self) -> None:
        """Let people talk of a ban."""
        incident = an_incident(start=self.now, detected_at=self.now, peak=self.now, pulses=())
        write_incidents(self.store, [incident])
        alerts = Alerts(StoredConversations(self.store), lambda: self.book, dict, lambda: self.now)
        alerts.tell([incident], self.now, [])

    def go_on(self, span: timedelta) -> None:
        """Let time pass, with a look each minute."""
        self.own.limits = self.limits
        for _ in range(span // MINUTE):
            self.now += MINUTE
            if self.heard:
                said = Progress(
                    source=self.source, since=self.now - HOUR, until=self.now - SECOND, last_event=self.now, posts=1
                )
                self.store.command("TRUNCATE TABLE source_health_versions")
                write_progress(self.store, [(0, said)])
            self.own.look()
            with ThreadPoolExecutor(4) as threads:
                while self.dispatcher.look(threads):
                    wait(self.dispatcher._busy.values())


@pytest.fixture
def down() -> set[str]:
    """The paths of channels that are down."""
    return set()


@pytest.fixture
def server(down: set[str]) -> Iterator[Receiver]:
    with receiving(lambda asked: Reply(500 if asked.path in down else 204)) as receiver:
        yield receiver


def told(server: Receiver, down: set[str], path: str) -> list[tuple[str, str]]:
    """What a channel has taken: the type, and what it is about."""
    assert path not in down
    return [(each.json["type"], each.json["data"]["conversation"]) for each in taken(server, path)]


def taken(server: Receiver, path: str) -> list[Any]:
    last = {each.headers["webhook-id"]: each for each in server.received if each.path == path}
    return list(last.values())


def test_each_trouble_is_told_once_and_is_over_once_apart_from_a_surge(
    store: Store, server: Receiver, down: set[str]
) -> None:
    banwatch = Installation(store, server.url)
    banwatch.go_on(2 * MINUTE)
    assert server.received == []

    [disk] = disk_space(store)
    banwatch.limits = Limits(disk=(1 + disk.share) / 2, disk_critical=0.00001)
    down.add("/newsroom")
    banwatch.surge()
    banwatch.go_on(4 * MINUTE)
    banwatch.start()
    banwatch.heard = False
    banwatch.go_on(8 * MINUTE)
    opened = {("trouble.opened", "disk:default"), ("trouble.opened", "channel:newsroom")}
    assert set(told(server, down, "/ops")) == opened | {("trouble.opened", "source:bluesky")}
    # A moment of calm behind a restart makes nothing over.
    banwatch.start()
    for banwatch.heard in (True, False):
        banwatch.go_on(3 * MINUTE)
    assert len(told(server, down, "/ops")) == 3

    banwatch.limits = Limits(disk=0.0001, disk_critical=0.00001)
    banwatch.heard = True
    down.clear()
    banwatch.start()
    banwatch.go_on(30 * MINUTE)
    all_told = told(server, down, "/ops")
    assert sorted(all_told) == sorted(
        (f"trouble.{step}", about)
        for about in ("channel:newsroom", "disk:default", "source:bluesky")
        for step in ("opened", "resolved")
    )
    assert told(server, down, "/newsroom") == [("incident.opened", an_incident().id)]
    titles = [each.json["data"]["message"]["title"] for each in taken(server, "/ops")]
    assert all(title.startswith("banwatch itself: ") for title in titles)
    over = next(each.json for each in taken(server, "/ops") if each.json["type"] == "trouble.resolved")
    assert "Lasted" in {fact["label"] for fact in over["data"]["message"]["facts"]}


def test_a_dead_channel_that_is_taken_out_of_the_rules_is_told_no_more(
    store: Store, server: Receiver, down: set[str]
) -> None:
    banwatch = Installation(store, server.url)
    down.add("/newsroom")
    banwatch.surge()
    banwatch.go_on(5 * MINUTE)
    ops, itself = banwatch.book.channels["ops"], banwatch.book.rules[1]
    banwatch.book = replace(banwatch.book, channels={"ops": ops}, rules=(replace(itself, repeat=MINUTE),))
    banwatch.go_on(8 * MINUTE)
    assert told(server, down, "/ops") == [("trouble.opened", "channel:newsroom")]
    last = "SELECT argMax(state, number), argMax(reason, number) FROM notifications WHERE conversation LIKE 'channel:%'"
    assert store.query(last) == [("resolved", "channel_gone")]


def test_a_conversation_that_cannot_be_read_begins_anew_behind_what_was_sent(store: Store) -> None:
    unreadable = Decided(
        "disk:default", datetime.now(UTC), channel="ops", number=7, trouble='{"name":"of a newer version"}'
    )
    decide(store, unreadable)
    assert remembered(store) == {"disk:default": {"ops": Entry("disk:default", "ops", number=7)}}


def test_a_hostile_source_stays_text(store: Store, server: Receiver) -> None:
    banwatch = Installation(store, server.url, now=datetime.now(UTC), source=HOSTILE)
    record = Rejected(source=HOSTILE, where="a", reason="b", raw="")
    write_rejections(store, [msgspec.structs.replace(record, where=str(number)) for number in range(30)])
    banwatch.go_on(3 * MINUTE)
    [sent] = [each.json for each in taken(server, "/ops")]
    assert (sent["type"], sent["data"]["trouble"]["name"]) == ("trouble.opened", "rejects")
    title = sent["data"]["message"]["title"]
    assert title == (
        "banwatch itself: WARNING. Of the records of <img src=x>{name} @here in the last hour, 30 were rejected: 100%."
    )
    assert "\u202e" not in json.dumps(sent, ensure_ascii=False)


def test_a_replay_is_told_of_only_if_asked(store: Store, server: Receiver, down: set[str]) -> None:
    full = Limits(disk=0.99999, disk_critical=0.00001)
    replay = Installation(store, server.url, source="archive-x", limits=full)
    replay.go_on(5 * MINUTE)
    assert server.received == []
    replay.historic = True
    replay.start()
    replay.go_on(3 * MINUTE)
    assert told(server, down, "/ops") == [("trouble.opened", "disk:default")]
