"""How long after a surge's first post people are told: `banwatch up` on this machine, read live from a local Jetstream.

python -m tests.benchmarks.surge_delay
"""

from __future__ import annotations

import logging
import os
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from processing import queries
from processing.contract import ClickHouseAddress
from processing.store.client import Store
from tests.benchmarks.live_replay import counted
from tests.support.jetstream import Jetstream
from tests.support.stacks import Installation

DAYS = 2
TALK_AN_HOUR = 6
CHATTER_AN_HOUR = 3_600
RATES = (0.2, 1.0, 5.0)
"""Posts a second from the first one on."""
SUBJECT = "TikTok ban: "
WORDS = (
    *("company", "government", "video", "friends", "never", "phone", "summer", "music", "office", "people"),
    *("delete", "teacher", "rumour", "evening", "lawyer", "sister", "channel", "country", "money", "dance"),
    *("minister", "football", "answer", "morning", "garden", "engine", "paper", "window", "bridge", "question"),
)
PATIENCE = timedelta(minutes=5)


def main() -> None:
    """Print it for surges of several sizes, each on an installation of its own."""
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)  # a store that is not up yet is asked often
    for rate in RATES:
        with tempfile.TemporaryDirectory() as folder:
            print(f"a surge of {rate:g} posts/s, where {TALK_AN_HOUR} an hour are usual: {delay(Path(folder), rate)}")


def delay(folder: Path, rate: float) -> str:
    """Seconds and posts from the first post of a surge until the console has it: the shipped rule tells of `major`."""
    server, installation = Jetstream(lookback=timedelta(days=DAYS)), Installation(folder / "banwatch")
    quiet = ordinary(server, datetime.now(UTC))
    with server.served() as url:
        os.environ["BANWATCH_BLUESKY_BASE_URLS"] = url
        os.environ["BANWATCH_BLUESKY_LOOKBACK"] = str(DAYS * 86_400)
        with closing(installation.start("up", "--source", "bluesky", "--no-dashboard")) as running:
            network = Network(server)
            network.talk_until(lambda: counted(installation.store) >= quiet, 0.0)
            network.talk_until(lambda: watched(installation.store) > datetime.now(UTC) - timedelta(minutes=6), 0.0)
            begun = time.monotonic()
            network.talk_until(lambda: "ALERT" in running.said, rate)
            return f"told {time.monotonic() - begun:.0f} s and {network.sent} posts after its first"


@dataclass
class Network:
    """Where people go on talking."""

    server: Jetstream
    sent: int = 0
    """Posts of the surge."""
    chatter: int = 0

    def talk_until(self, reached: Callable[[], bool], rate: float) -> None:
        """Ordinary chatter, and a surge of so many posts a second."""
        begun, sent, chatter = time.monotonic(), self.sent, self.chatter
        while not reached():
            elapsed = time.monotonic() - begun
            assert elapsed < PATIENCE.total_seconds(), f"Nothing within {PATIENCE}."
            if rate and self.sent - sent <= elapsed * rate:
                self.server.post(in_own_words(self.sent), did=f"did:plc:{self.sent:05}", langs=["en"])
                self.sent += 1
            if self.chatter - chatter <= elapsed * CHATTER_AN_HOUR / 3600:
                self.server.post(f"Good evening, {self.chatter}", did=f"did:plc:talk{self.chatter}", langs=["en"])
                self.chatter += 1
            time.sleep(0.02)


def watched(address: ClickHouseAddress) -> datetime:
    """How far the watch has come."""
    with Store(address) as store:
        return queries.scored_until(store) or datetime.fromtimestamp(0, UTC)


def ordinary(server: Jetstream, now: datetime) -> int:
    """Give the network days of ordinary talk, until now; so many posts."""
    chance = random.Random(1)
    hours = [(hour, ban) for hour in range(24 * DAYS) for ban in [True] * TALK_AN_HOUR + [False] * CHATTER_AN_HOUR]
    moments = sorted((now - timedelta(hours=hour + chance.random()), ban) for hour, ban in hours)
    for number, (moment, ban) in enumerate(moments):
        text = in_own_words(-number)
        server.post(text if ban else text[len(SUBJECT) :], did=f"did:plc:before{number}", at=moment, langs=["en"])
    return len(moments)


def in_own_words(number: int) -> str:
    """A post on the subject that is no copy of another."""
    return SUBJECT + " ".join(random.Random(number).sample(WORDS, 9))


if __name__ == "__main__":
    main()
