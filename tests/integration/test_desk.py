"""What an operator enters on the page reaches the watch and the channels, as an answer by a link does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from pydantic import SecretStr

from dashboard.desk import HttpDesk
from dashboard.host_names import HostNames
from deploy.answers.app import application
from deploy.answers.desk import DeskDoor, Replays
from processing.alerts.notifiers.console import ConsoleOptions
from processing.alerts.rules import Channel
from processing.contract import ClickHouseAddress, Incident, Silence
from processing.store.client import Store
from processing.store.records import write_incidents
from tests.conftest import NOON
from tests.integration.test_dispatcher import rig
from tests.support.asgi import serving
from tests.support.conversations import HOUR, MINUTE, an_incident
from tests.support.telling import BOOK, alerts_of

KEY = SecretStr("k" * 32)
SLACK = replace(
    BOOK,
    channels={"slack": Channel("slack", "console", ConsoleOptions())},
    rules=tuple(replace(each, channels=("slack",)) for each in BOOK.rules),
)


def wall_clock() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize("answer", ["acknowledge", "resolve"])
def test_an_answer_on_the_page_is_decided_on_and_told(store: Store, address: ClickHouseAddress, answer: str) -> None:
    now = NOON + 10 * MINUTE
    alerts = alerts_of(store, lambda: now)
    alerts.book = lambda: SLACK
    door = DeskDoor([KEY], HostNames("127.0.0.1"), lambda: Store(address), wall_clock, Replays(wall_clock()))

    def look(*incidents: Incident) -> None:
        write_incidents(store, incidents)
        alerts.tell(incidents, now, [])
        told.work()

    with serving(application(None, door)) as url, rig(store) as (told, channel):
        desk = HttpDesk(url, [KEY], wall_clock)
        look(an_incident())
        assert channel.tried == [f"{an_incident().id}/slack/1"]
        getattr(desk, answer)(an_incident().id, "Nora", "I call the ministry")
        now += MINUTE
        look(an_incident())
        assert channel.tried[1:] == [f"{an_incident().id}/slack/2"]
        steps = store.query("SELECT step FROM notifications WHERE step != '' ORDER BY number")
        assert steps == [("opened",), ("acknowledged" if answer == "acknowledge" else "resolved",)]
        desk.close()


def test_a_silence_on_the_page_holds_back_what_begins(store: Store, address: ClickHouseAddress) -> None:
    now = NOON + 10 * MINUTE
    alerts = alerts_of(store, lambda: now)
    door = DeskDoor([KEY], HostNames("127.0.0.1"), lambda: Store(address), wall_clock, Replays(wall_clock()))
    with serving(application(None, door)) as url:
        desk = HttpDesk(url, [KEY], wall_clock)
        silence = Silence(
            id="1f0c", topic="ban", starts_at=NOON, ends_at=NOON + 8 * HOUR, by="Nora", note="the hearing"
        )
        desk.silence(silence)
        alerts.tell([an_incident()], now, [])
        assert store.query("SELECT reason FROM notifications ORDER BY number") == [("silenced",)]
        desk.silence(msgspec.structs.replace(silence, ends_at=now))
        now += MINUTE
        alerts.tell([an_incident()], now, [])
        assert store.query("SELECT step FROM notifications ORDER BY number DESC LIMIT 1") == [("opened",)]
        desk.close()
