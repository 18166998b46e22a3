"""A watch that is killed again and again while channels answer slowly: nothing is lost, nothing doubled at Slack."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import msgspec
import pytest

from processing.store.client import Store
from processing.store.records import write_incidents
from tests.support.alerted import INCIDENT
from tests.support.channels.newsroom import Newsroom
from tests.support.channels.receiver import Received, Reply, receiving
from tests.support.channels.servers import SlackServer, WebhookServer
from tests.support.cluster.workers import warehouse
from tests.support.forks import forking
from tests.support.queued import Decided, decide
from tests.support.stacks import Installation
from tests.support.waiting import eventually

CONVERSATIONS = [f"ban-{number:02}" for number in range(12)]
"""Their messages make twice as many requests as the kills need."""
STEPS = {1: "opened", 2: "grew"}
KILLS = 20
ANSWERED_IN = 0.1


@dataclass
class Hunter:
    """Kills a process at the last of the next `left` requests: before a channel holds what it is told, or behind it."""

    pid: int = 0
    left: int = 0
    late: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def aim(self, pid: int, *, left: int, late: bool) -> None:
        with self.lock:
            self.pid, self.left, self.late = pid, left, late

    def slowly(self, answer: Callable[[Received], Reply]) -> Callable[[Received], Reply]:
        def respond(asked: Received) -> Reply:
            with self.lock:
                self.left -= 1
                pid, late = self.pid if self.left == 0 else None, self.late
            if pid and not late:
                os.kill(pid, signal.SIGKILL)
            reply = answer(asked)
            if pid and late:
                os.kill(pid, signal.SIGKILL)
            time.sleep(ANSWERED_IN)
            return reply

        return respond


def queue_all(store: Store) -> list[str]:
    """Write incidents, and decisions to tell both channels of each of their steps; the keys."""
    now = datetime.now(UTC)
    write_incidents(store, [msgspec.structs.replace(INCIDENT, id=name) for name in CONVERSATIONS])
    told = [
        Decided(name, now + timedelta(milliseconds=number), channel=channel, number=number, step=step)
        for name in CONVERSATIONS
        for number, step in STEPS.items()
        for channel in ("slack", "hook")
    ]
    decide(store, *told)
    return [each.key for each in told]


def untold(store: Store) -> int:
    [(left,)] = store.query(
        "SELECT count() FROM notifications WHERE key NOT IN (SELECT key FROM deliveries WHERE reason = 'sent')"
    )
    return int(left)


def test_twenty_kills_of_the_watch_lose_nothing_and_double_nothing_at_slack(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, hunter, slack = random.Random(14), Hunter(), SlackServer()
    with (
        closing(warehouse(installation)),
        receiving(hunter.slowly(slack)) as at_slack,
        receiving(hunter.slowly(WebhookServer())) as at_hook,
    ):
        slack.upload_url = f"{at_slack.url}/upload/chart"
        settings = Newsroom(at_slack, at_hook, mail_port=1).settings(tmp_path / "alerts.toml", ["slack", "hook"])
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        with Store(installation.store) as store:
            keys = queue_all(store)
            with forking("deploy.processes.watch:watch") as watches:
                for _ in range(KILLS):
                    watch = watches.start(environment=installation.environment)
                    hunter.aim(watch.pid, left=chance.randint(1, 3), late=chance.random() < 0.5)
                    assert watch.wait() == -signal.SIGKILL
            with closing(installation.start("watch")):
                eventually(lambda: untold(store) == 0, timedelta(seconds=300))

    held = [message["metadata"]["event_payload"]["key"] for message in slack.messages]
    assert Counter(held) == Counter(key for key in keys if "/slack/" in key)
    posted = Counter(unquote(asked.headers["webhook-id"]) for asked in at_hook.received)
    assert posted.keys() == {key for key in keys if "/hook/" in key}
    assert posted.total() - len(posted) <= KILLS, "a kill makes one more attempt, with the same key"
