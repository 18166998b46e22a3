"""`make bench-warehouse`: eight readers and a writer on one embedded warehouse, side by side, for ten minutes.

The writer writes posts of a ring of ids again and again, each round a newer version, and recounts their minutes, so
that the store stays the same size and memory that grows is memory that leaks. One reader more asks, over and over,
what would take minutes; it is cut at its limit while the others answer. Ends with status 1 when anything but that was
an error, or a count is wrong at the end.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from processing.contract import ClickHouseAddress, TaggedPost
from processing.store.client import Store, StoreRefused, StoreUnavailable
from processing.store.migrate import migrate
from processing.store.writer import recount, write_posts
from tests.conftest import NOON, a_post
from tests.integration.test_warehouse.conftest import READER, WRITER, Warehouse, start, stop, wait_until_ready
from tests.support.waiting import free_port

READERS = 8
RING, BATCH = 100_000, 2_000
LONG = "SELECT count() FROM numbers(1900000000) WHERE sipHash128(number, toString(number)) = ''"
QUESTIONS = (
    "SELECT toStartOfFiveMinutes(minute) AS bin, language, sum(posts) FROM counts WHERE topic = 'ban' GROUP BY ALL",
    "SELECT topic, sum(posts), sum(authors) FROM counts GROUP BY topic ORDER BY 2 DESC LIMIT 10",
    "SELECT text, author FROM posts WHERE has(topics, 'ban') ORDER BY created_at DESC LIMIT 50",
    "SELECT author, count() FROM posts GROUP BY author ORDER BY 2 DESC LIMIT 10",
    "SELECT count() FROM posts",
)


@dataclass
class Figures:
    """What was seen. Seconds of each answer; resident memory of the warehouse in bytes, at intervals."""

    answers: list[float] = field(default_factory=list)
    beside_long: list[float] = field(default_factory=list)
    batches: int = 0
    cut: int = 0
    errors: list[str] = field(default_factory=list)
    resident: list[int] = field(default_factory=list)


class Load:
    """The threads of one run. `figures` grows until `stop` is set."""

    def __init__(self, warehouse: Warehouse, pause: float, limit: int) -> None:
        self.figures = Figures()
        self.stop = threading.Event()
        self._long = threading.Event()
        self._pause = pause
        self._limit = limit
        self._warehouse = warehouse

    def address(self, user: str) -> ClickHouseAddress:
        password = SecretStr({"writer": WRITER, "reader": READER}[user])
        return ClickHouseAddress(self._warehouse.url, user, password, timeout=timedelta(seconds=60))

    def write(self) -> None:
        with Store(self.address("writer")) as store:
            while not self.stop.is_set():
                first = self.figures.batches * BATCH
                with self._counted():
                    recount(store, write_posts(store, list(batch(first))))
                self.figures.batches += 1

    def read(self, which: int) -> None:
        with Store(self.address("reader")) as store:
            turn = which
            while not self.stop.is_set():
                turn += 1
                long, began = self._long.is_set(), time.monotonic()
                with self._counted():
                    store.query(QUESTIONS[turn % len(QUESTIONS)])
                took = time.monotonic() - began
                (self.figures.beside_long if long and self._long.is_set() else self.figures.answers).append(took)
                self.stop.wait(self._pause)

    def ask_too_much(self) -> None:
        with Store(self.address("reader")) as store:
            while not self.stop.wait(1.0):
                self._long.set()
                try:
                    store.query(LONG, patience=timedelta(seconds=self._limit))
                    self.figures.errors.append("the long query was not cut")
                except (StoreUnavailable, StoreRefused) as error:
                    if "TIMEOUT_EXCEEDED" in str(error):
                        self.figures.cut += 1
                    else:
                        self.figures.errors.append(str(error))
                self._long.clear()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        try:
            yield
        except (StoreUnavailable, StoreRefused) as error:
            self.figures.errors.append(str(error))


def batch(first: int) -> Iterator[TaggedPost]:
    """Posts of the ring, two hundred a minute; a later round is a newer version."""
    for number in range(first, first + BATCH):
        place, at = number % RING, NOON + timedelta(milliseconds=300 * (number % RING))
        post = a_post(
            id=str(place), author=f"a{place % 977}", created_at=at, seen_at=at + timedelta(milliseconds=number // RING)
        )
        yield TaggedPost(post, ("en", "ar", "es")[place % 3], 0.9, ("ban", "tiktok") if place % 2 else ("tiktok",), "1")


def run(duration: timedelta, every: timedelta, folder: Path, *, limit: int, pause: float) -> tuple[Figures, bool]:
    """Run the load, and say what was seen and whether the counts are exact at the end. `limit` is that of the long
    query, in seconds."""
    with ExitStack() as open_parts:
        warehouse = start(folder, free_port())
        open_parts.callback(stop, warehouse)
        wait_until_ready(warehouse)
        load = Load(warehouse, pause, limit)
        migrate(load.address("writer"))
        work: list[Callable[[], None]] = [load.write, load.ask_too_much]
        work += [lambda which=which: load.read(which) for which in range(READERS)]  # type: ignore[misc]
        threads = [threading.Thread(target=each) for each in work]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + duration.total_seconds()
        while (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, every.total_seconds()))
            load.figures.resident.append(resident(warehouse.process.pid))
        load.stop.set()
        for thread in threads:
            thread.join()
        with Store(load.address("reader")) as store:
            return load.figures, exact(store, load.figures.batches)


def exact(store: Store, batches: int) -> bool:
    """Whether every post of the ring that was written is there once, and counted once."""
    expected = min(batches * BATCH, RING)
    posts = store.query("SELECT count(), uniqExact(id) FROM posts")
    counts = store.query("SELECT sum(posts) FROM counts WHERE topic = '*'")
    return posts == [(expected, expected)] and counts == [(expected,)]


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    line = next(each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def percentiles(seconds: list[float]) -> str:
    """Median, 90th and 99th percentile and the worst, in milliseconds."""
    if not seconds:
        return "no answers"
    ranked = sorted(seconds)
    at = [ranked[min(len(ranked) - 1, int(len(ranked) * share))] * 1000 for share in (0.5, 0.9, 0.99, 1.0)]
    return (
        f"{len(ranked):,} answers, p50 {at[0]:,.0f} ms, p90 {at[1]:,.0f} ms, p99 {at[2]:,.0f} ms, max {at[3]:,.0f} ms"
    )


def main() -> int:
    """Run it and print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--duration", type=float, default=600, help="seconds")
    options.add_argument("--every", type=float, default=30, help="seconds between two looks at the memory")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures, right = run(
            timedelta(seconds=given.duration), timedelta(seconds=given.every), Path(folder), limit=10, pause=0.02
        )
    third = max(1, len(figures.resident) // 3)
    growth = sum(figures.resident[-third:]) / sum(figures.resident[third : 2 * third] or figures.resident[:third])
    print(f"warehouse under load, {READERS} readers and a writer for {given.duration:.0f} s")
    print(f"  errors: {len(figures.errors)}{' such as ' + figures.errors[0] if figures.errors else ''}")
    print(f"  written: {figures.batches * BATCH:,} posts in {figures.batches:,} batches, counts exact: {right}")
    print(f"  answers: {percentiles(figures.answers)}")
    print(f"  beside a query of minutes: {percentiles(figures.beside_long)}; it was cut {figures.cut} times at 10 s")
    print(f"  memory in MB: {', '.join(f'{each / 1e6:.0f}' for each in figures.resident)}")
    print(f"  last third of the run against the middle one: {growth:.2f}")
    return 1 if figures.errors or not right else 0


if __name__ == "__main__":
    sys.exit(main())
