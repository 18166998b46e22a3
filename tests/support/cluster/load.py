"""A load of posts at a steady rate, whose numbers are known, sent by the runner that sends every source's posts."""

from __future__ import annotations

import threading
import time
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from deploy.demo.posts import generate
from ingest.contract import KafkaAddress, Post
from ingest.cursors import CursorFile
from ingest.kafka import PostProducer
from ingest.progress import CollectorStats
from ingest.retry import retry_while_unavailable
from ingest.runner import SourceRunner
from ingest.source import Cursor, Item, Pause, Steps

TEXTS = 5_000
"""Different texts of the demo's posts; their tagging is the worker's usual work."""


class Load:
    """A source of numbered posts. The posts of a phase have its name as their `source`."""

    name = "load"

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.enough = threading.Event()
        self._texts = [post.text for post in islice(generate(), TEXTS)]
        self._begun, self._began_at = time.monotonic(), datetime.now(UTC)
        self._new = 0
        """The number of the next post that was never yielded."""
        self._phases: list[tuple[int, str]] = [(0, "warm-up")]
        self._lock = threading.Lock()

    @property
    def sent(self) -> int:
        """How many posts were yielded so far."""
        return self._new

    def begin(self, phase: str) -> None:
        """Let the posts from now on belong to a phase."""
        with self._lock:
            self._phases.append((self._new, phase))

    def posts_of(self, phase: str) -> int:
        """How many posts belong to a phase that is over."""
        starts = [start for start, _ in self._phases]
        place = [name for _, name in self._phases].index(phase)
        return starts[place + 1] - starts[place]

    def read(self, cursor: Cursor) -> Steps:
        """Yield each post when it is due, from the cursor's number on."""
        number = int(str(cursor.get("next", 0)))
        while not self.enough.is_set():
            early = self._begun + number / self.rate - time.monotonic()
            if early > 0:
                yield Pause(min(early, 0.02))
                continue
            yield Item(self._post(number), {"next": number + 1})
            number += 1

    def _post(self, number: int) -> Post:
        with self._lock:
            self._new = max(self._new, number + 1)
            place = bisect_right(self._phases, number, key=lambda phase: phase[0]) - 1
        at = self._began_at + timedelta(seconds=number / self.rate)
        return Post(
            source=self._phases[place][1], id=str(number), text=self._texts[number % TEXTS], created_at=at, author="a"
        )


class RunningLoad:
    """The load while it runs in a thread, as the process of a source runs it."""

    def __init__(self, load: Load, address: KafkaAddress, folder: Path) -> None:
        self.load = load
        self.runs = 0
        self._address = address
        self._cursor_file = CursorFile(folder / "load.json")
        self._stop = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="load", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            retry_while_unavailable(self._work, self._stop)
        except Exception as error:  # noqa: BLE001 - it is raised where the test waits
            self._failure = error

    def _work(self) -> CollectorStats:
        self.runs += 1
        with PostProducer(self._address, client_id="banwatch-load") as producer:
            return SourceRunner(self.load, producer, self._cursor_file, None, self._stop, lambda _: None)()

    def finish(self, within: timedelta = timedelta(minutes=3)) -> None:
        """Yield no more posts, and wait until each is acknowledged."""
        self.load.enough.set()
        self._thread.join(within.total_seconds())
        self.check()
        assert not self._thread.is_alive(), "the load has not ended"

    def check(self) -> None:
        """Raise what has ended the load."""
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """End, whatever is not acknowledged."""
        self.load.enough.set()
        self._stop.set()
        self._thread.join(30)
