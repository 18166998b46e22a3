"""How long a post takes from the broker's acknowledgement until it can be counted, at a steady rate.

`python -m tests.benchmarks.latency`, over the embedded parts with one worker. Posts are counted in no order that could
be told from `counts`, so the n-th that was acknowledged is taken to be the n-th that was counted.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from threading import Thread

import msgspec

from deploy.demo.posts import generate
from ingest.kafka import PostProducer, ensure_topics
from processing.settings import ProcessingSettings
from processing.store.client import Store
from processing.store.migrate import migrate
from tests.conftest import WRITER_PASSWORD
from tests.support.parts import Parts

RATE = 1_000
"""Posts a second."""
WARM_UP, SECONDS = 10, 30
"""The group forms and rules are compiled in the first of them."""
LOOK_EVERY = 0.02


def main() -> None:
    """Print the percentiles."""
    with tempfile.TemporaryDirectory() as folder, Parts(Path(folder)) as parts:
        migrate(parts.store)
        ensure_topics(parts.kafka, 4)
        linger = str(ProcessingSettings().batch_linger.total_seconds())
        command = [sys.executable, "-m", "tests.benchmarks.worker", parts.kafka.bootstrap, parts.store.url, linger]
        environment = os.environ | {"BANWATCH_CLICKHOUSE_PASSWORD": WRITER_PASSWORD}
        with (
            subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment) as worker,
            PostProducer(parts.kafka) as producer,
        ):
            acknowledged: list[float] = []
            sender = Thread(target=send, args=(producer, acknowledged))
            sender.start()
            counted = look(parts, RATE * (WARM_UP + SECONDS))
            sender.join()
            worker.terminate()
    waits = sorted(late - early for early, late in list(zip(acknowledged, counted, strict=True))[RATE * WARM_UP :])
    at = {share: waits[int(share * (len(waits) - 1))] for share in (0.5, 0.9, 0.99, 1)}
    said = ", ".join(f"p{100 * share:g} {seconds:.2f} s" for share, seconds in at.items())
    print(f"acknowledged to countable, {RATE:,} posts/s for {SECONDS} s: {said}", flush=True)


def send(producer: PostProducer, acknowledged: list[float]) -> None:
    """Write at the rate, and note when each was acknowledged."""
    begun = time.monotonic()
    for number, post in enumerate(islice(generate(), RATE * (WARM_UP + SECONDS))):
        time.sleep(max(0.0, begun + number / RATE - time.monotonic()))
        now = datetime.now(UTC) - timedelta(seconds=1)
        producer.send(msgspec.structs.replace(post, created_at=now), lambda _: acknowledged.append(time.monotonic()))
    producer.flush(timedelta(seconds=60))


def look(parts: Parts, posts: int) -> list[float]:
    """Ask for the number of counted posts until all are; when each was seen to be."""
    seen: list[float] = []
    with Store(parts.store) as store:
        while len(seen) < posts:
            [(counted,)] = store.query("SELECT sum(posts) FROM counts WHERE topic = '*'")
            seen += [time.monotonic()] * (int(counted) - len(seen))
            time.sleep(LOOK_EVERY)
    return seen


if __name__ == "__main__":
    main()
