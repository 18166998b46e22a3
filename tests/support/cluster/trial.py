"""Faults under load, and what came of each: posts that are lost or doubled, and how long counting stood still."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ingest.kafka import ensure_topics
from processing.store.client import Store
from tests.support.cluster.brokers import KafkaCluster
from tests.support.cluster.load import Load, RunningLoad
from tests.support.cluster.workers import Workers, warehouse
from tests.support.stacks import Installation
from tests.support.waiting import eventually

WORKERS = 4
LOOK_EVERY = 0.25
COUNTED_WITHIN = timedelta(minutes=3)
CALM = 3.0


@dataclass(frozen=True)
class Outcome:
    """What came of one fault. Times are in seconds.

    `standstill` is the longest time in which no post was counted. `wait` is the longest time from the sending of the
    n-th post to the moment when n posts were counted.
    """

    fault: str
    posts: int
    lost: int
    doubled: int
    standstill: float
    wait: float


class Trial:
    """A cluster, a load and four workers."""

    def __init__(
        self, cluster: KafkaCluster, workers: Workers, running: RunningLoad, store: Store, look_every: float
    ) -> None:
        self._look_every = look_every
        self.cluster = cluster
        self.workers = workers
        self.running = running
        self._store = store
        self._looks: list[tuple[float, int, int]] = []
        """Moments, with the posts that were sent and counted until then."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="looks", daemon=True)

    def __enter__(self) -> Trial:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def under(self, name: str, fault: Callable[[Trial], None]) -> Outcome:
        """Let a fault happen, and wait until every post that was sent meanwhile is counted."""
        load, begun = self.running.load, time.monotonic()
        load.begin(name)
        fault(self)
        pause(CALM)
        load.begin(f"after-{name}")
        sent = load.posts_of(name)
        eventually(lambda: self._counted(name) >= sent, COUNTED_WITHIN)
        pause(CALM)  # for what would be counted twice
        self.running.check()
        self.workers.check()
        return self._outcome(name, sent, begun)

    def warm_up(self) -> None:
        """Wait until posts are counted."""
        eventually(lambda: self._looks and self._looks[-1][2] > 0, COUNTED_WITHIN)
        pause(CALM)

    def finish(self) -> tuple[int, int, int]:
        """End the load; the posts that were sent, the different ones in the store, and those in the counts."""
        self.running.finish()
        sent = self.running.load.sent
        eventually(lambda: self._total() >= sent, COUNTED_WITHIN)
        [(stored,)] = self._store.query("SELECT uniqExact(id) FROM posts")
        return sent, int(stored), self._total()

    def _outcome(self, name: str, sent: int, begun: float) -> Outcome:
        [(stored,)] = self._store.query("SELECT uniqExact(id) FROM posts WHERE source = {name:String}", {"name": name})
        counted = self._counted(name)
        looks = [look for look in self._looks if look[0] >= begun]
        return Outcome(
            name, sent, sent - int(stored), max(0, counted - int(stored)), standstill(looks), longest_wait(looks)
        )

    def _counted(self, name: str) -> int:
        query = "SELECT sum(posts) FROM counts WHERE topic = '*' AND source = {name:String}"
        [(posts,)] = self._store.query(query, {"name": name})
        return int(posts)

    def _total(self) -> int:
        [(posts,)] = self._store.query("SELECT sum(posts) FROM counts WHERE topic = '*'")
        return int(posts)

    def _look(self) -> None:
        while not self._over.wait(self._look_every):
            self._looks.append((time.monotonic(), self.running.load.sent, self._total()))


def standstill(looks: list[tuple[float, int, int]]) -> float:
    """The longest time without a newly counted post."""
    longest, since, last = 0.0, looks[0][0], looks[0][2]
    for at, _, counted in looks:
        longest = max(longest, at - since)
        if counted > last:
            since, last = at, counted
    return longest


def longest_wait(looks: list[tuple[float, int, int]]) -> float:
    """The longest time from a look to the first one by which as many posts were counted as were sent until it."""
    waits, later = [0.0], 0
    for at, sent, _ in looks:
        while later < len(looks) and looks[later][2] < sent:
            later += 1
        if later == len(looks):
            break
        waits.append(looks[later][0] - at)
    return max(waits)


def pause(seconds: float) -> None:
    """Let time pass: a fault lasts, and the load goes on."""
    threading.Event().wait(seconds)


@contextmanager
def trial(
    cluster: KafkaCluster, folder: Path, rate: float, *, look_every: float = LOOK_EVERY, **settings: str
) -> Iterator[Trial]:
    """A load of so many posts a second on a cluster, with a store of its own and further settings."""
    installation = Installation(folder / "banwatch", settings=cluster.settings | settings)
    workers = Workers(installation)
    with ExitStack() as parts:
        parts.enter_context(closing(warehouse(installation)))
        parts.enter_context(closing(workers))
        ensure_topics(cluster.address, WORKERS)
        workers.resize(WORKERS)
        running = parts.enter_context(closing(RunningLoad(Load(rate), cluster.address, folder)))
        store = parts.enter_context(Store(installation.store))
        made = parts.enter_context(Trial(cluster, workers, running, store, look_every))
        made.warm_up()
        yield made
