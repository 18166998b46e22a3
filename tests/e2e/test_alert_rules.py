"""Rules of a person's own, from the file to what a webhook is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from deploy.demo.scenario import EVENTS, QUIET
from processing import queries
from processing.contract import Incident
from processing.store.client import Store
from tests.support.channels.receiver import Receiver, Reply, receiving
from tests.support.jetstream import Jetstream
from tests.support.stacks import Installation
from tests.support.waiting import eventually

PATIENCE = timedelta(seconds=120)
ARABIC = """
[channels.desk]
kind = "webhook"
language = "ar"

[[rules]]
name = "arabic"
languages = ["ar"]
channels = ["desk"]
"""
SILENCE = """
[channels.first]
kind = "webhook"

[channels.second]
kind = "webhook"

[[rules]]
name = "silence"
no_data = true
channels = ["{channel}"]
"""


@pytest.fixture
def desk() -> Iterator[Receiver]:
    with receiving(lambda _: Reply(204)) as receiver:
        yield receiver


@pytest.fixture
def rules(tmp_path: Path, desk: Receiver, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A rules file that banwatch uses, whose channels are all the webhook, each at a path of its name."""
    file = tmp_path / "alerts.toml"
    monkeypatch.setenv("BANWATCH_ALERTS_FILE", str(file))
    return file


def point(monkeypatch: pytest.MonkeyPatch, desk: Receiver, *channels: str) -> None:
    secrets = {channel: {"url": f"{desk.url}/{channel}"} for channel in channels}
    monkeypatch.setenv("BANWATCH_ALERT_SECRETS", json.dumps(secrets))


def incident_of(sent: dict[str, Any]) -> str:
    return str(sent["data"]["conversation"])


def test_a_rule_for_arabic_sends_the_planted_conversations_in_arabic_and_nothing_else(
    installation: Installation, desk: Receiver, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """India's ban, the remark and the e-mail are planted in Arabic too; nothing is on days on which nothing is."""
    rules.write_text(ARABIC)
    point(monkeypatch, desk, "desk")
    with closing(installation.start("demo", "--no-dashboard")) as demo:
        assert demo.says("3 incidents", timedelta(seconds=400)), demo.said
        with Store(installation.store) as store:
            incidents = {each.id: each for each in queries.incidents(store)}
            due = store.query("SELECT count() FROM notifications WHERE step != ''")[0][0]
        eventually(lambda: len(desk.received) == due, PATIENCE)
        assert "\nALERT " not in demo.said
    sent = sorted((received.json for received in desk.received), key=incident_of)
    told = {name: list(messages) for name, messages in groupby(sent, key=incident_of)}
    assert told.keys() == {name for name, each in incidents.items() if "ar" in each.languages}
    for name, messages in told.items():
        assert_is_planted_in_arabic(incidents[name])
        said = [(each["data"]["step"], each["data"]["growth"]) for each in messages]
        again = [("grew", ["pulse"])] if name.startswith("ban-20200710T") else []
        assert said == [("opened", []), *again, ("resolved", [])], name
        assert all("ar" in each["data"]["incident"]["languages"] for each in messages)
        assert "حظر تيك توك" in messages[0]["data"]["message"]["title"]
    [friday] = [messages for name, messages in told.items() if name.startswith("ban-20200710T")]
    assert [len(each["data"]["incident"]["pulses"]) for each in friday] == [1, 2, 2]
    assert "أمازون" in json.dumps(friday[0], ensure_ascii=False)


def assert_is_planted_in_arabic(incident: Incident) -> None:
    assert any(
        "ar" in event.languages and event.start <= incident.detected_at < event.start + timedelta(hours=2)
        for event in EVENTS
    )
    assert not any(start <= incident.start < end for start, end in QUIET)


def test_rules_that_change_are_obeyed_and_those_that_are_broken_leave_the_last_good_ones(
    installation: Installation, desk: Receiver, rules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Jetstream()
    for number in range(20):
        server.post(f"TikTok ban {number}", at=datetime.now().astimezone() - timedelta(minutes=20 - number))
    rules.write_text(SILENCE.format(channel="first"))
    point(monkeypatch, desk, "first", "second")
    log = installation.folder / "logs" / "watch.log"
    with server.served() as url:
        monkeypatch.setenv("BANWATCH_BLUESKY_BASE_URLS", url)
        monkeypatch.setenv("BANWATCH_BLUESKY_LOOKBACK", "3600")
        monkeypatch.setenv("BANWATCH_BLUESKY_SILENT_AFTER", "15")
        with closing(installation.start("up", "--source", "bluesky", "--no-dashboard")) as stack:
            assert stack.says("bluesky     listening"), stack.said

            def talk_until(reached: Callable[[], bool]) -> None:
                eventually(lambda: server.post("Good evening") and reached(), PATIENCE)

            talk_until(lambda: scored(installation))
            rules.write_text(SILENCE.format(channel="second"))
            talk_until(lambda: "with 1 rules, replace" in log.read_text())
            rules.write_text(SILENCE.format(channel="nobody"))
            talk_until(lambda: "stay in use" in log.read_text())
            assert f"{rules}, line 11" in log.read_text()
            assert stack.says(f"{rules}, line 11"), stack.said
            server.freeze()
            eventually(lambda: desk.received, PATIENCE)
            assert stack.process.poll() is None
        server.thaw()
    assert {received.path for received in desk.received} == {"/second"}
    assert desk.received[0].json["type"] == "trouble.opened"


def scored(installation: Installation) -> bool:
    with Store(installation.store) as store:
        return queries.scored_until(store) is not None
