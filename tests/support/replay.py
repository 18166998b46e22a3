"""Posts at a steady rate from a local Jetstream that is cut, closed and frozen at random, all the way to the counts."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ingest.sources.bluesky.frames import Wire
from ingest.sources.bluesky.source import Bluesky, BlueskySettings
from processing.store.client import Store
from tests.support.jetstream import Jetstream
from tests.support.live import Live, running
from tests.support.waiting import eventually

SETTLES_WITHIN = timedelta(seconds=60)
FAULT_EVERY = 0.8
FROZEN_FOR = (0.2, 2.0)


@dataclass(frozen=True)
class Replayed:
    """What came of a replay."""

    published: int
    stored: int
    counted: int
    sent: int
    """To the log; more than was published, where something was read again behind a fault."""
    reconnects: int
    faults: Counter[str]


@dataclass
class Publisher:
    """Writes posts at a steady rate until it is told to end."""

    server: Jetstream
    rate: int
    uris: list[str] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def publishing(self) -> Iterator[None]:
        thread = threading.Thread(target=self._work)
        thread.start()
        try:
            yield
        finally:
            self.end()
            thread.join()

    def end(self) -> None:
        """Write no more."""
        self._over.set()

    def _work(self) -> None:
        begun = time.monotonic()
        while not self._over.is_set():
            due = int((time.monotonic() - begun) * self.rate)
            while len(self.uris) < due:
                number = len(self.uris)
                self.uris.append(self.server.post(f"TikTok ban {number}", did=f"did:plc:{number % 500}"))
            self._over.wait(0.02)


def misbehave(server: Jetstream, chance: random.Random, until: float) -> Counter[str]:
    """Break things at random until this moment of the monotonic clock."""
    faults: Counter[str] = Counter()
    while time.monotonic() < until:
        time.sleep(chance.uniform(0.5, 1.5) * FAULT_EVERY)
        fault = chance.choice(["cut", "close", "freeze"])
        faults[fault] += 1
        match fault:
            case "cut":
                server.cut()
            case "close":
                server.close(1000)
            case _:
                server.freeze()
                time.sleep(chance.uniform(*FROZEN_FOR))
                server.thaw()
    return faults


def replay(store: Store, folder: Path, *, wire: Wire, seconds: float, rate: int, seed: int) -> Replayed:
    """Run it, and wait until nothing is missing any more."""
    server = Jetstream()
    publisher = Publisher(server, rate)
    with server.served() as url:
        settings = BlueskySettings(
            wire=wire, base_urls=(url,), idle=timedelta(seconds=1), lookback=timedelta(minutes=1)
        )
        source = Bluesky(settings, lambda: datetime.now(UTC))
        with running(source, store, folder) as live:
            with publisher.publishing():
                faults = misbehave(server, random.Random(seed), time.monotonic() + seconds)
            _settle(live, len(publisher.uris))
            [(rows, distinct)] = store.query("SELECT count(), uniqExact(id) FROM posts")
            assert rows == distinct
            return Replayed(
                published=len(publisher.uris),
                stored=rows,
                counted=live.counts()["*"],
                sent=live.source.tally.posts,
                reconnects=live.source.tally.reconnects,
                faults=faults,
            )


def _settle(live: Live, wanted: int) -> None:
    eventually(lambda: live.source.over or live.counts().get("*", 0) >= wanted, SETTLES_WITHIN)
