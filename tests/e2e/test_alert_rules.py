"""Rules of a person's own, from the file to what a webhook is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support.channels.receiver import Receiver, Reply, receiving
from tests.support.jetstream import Jetstream
from tests.support.stacks import Installation
from tests.support.waiting import eventually

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
                eventually(lambda: server.post("Good evening") and reached())

            talk_until(lambda: installation.number("SELECT count() FROM watch_progress") > 0)
            rules.write_text(SILENCE.format(channel="second"))
            talk_until(lambda: "with 1 rules, replace" in log.read_text())
            rules.write_text(SILENCE.format(channel="nobody"))
            talk_until(lambda: "stay in use" in log.read_text())
            assert f"{rules}, line 11" in log.read_text()
            assert stack.says(f"{rules}, line 11"), stack.said
            server.freeze()
            eventually(lambda: desk.received)
            assert stack.process.poll() is None
        server.thaw()
    assert {received.path for received in desk.received} == {"/second"}
    assert desk.received[0].json["type"] == "trouble.opened"
