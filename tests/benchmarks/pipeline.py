"""One worker from Kafka to `counts`, with full tagging, over the embedded parts: posts/s and where the time goes.

`python -m tests.benchmarks.pipeline`, on Linux. Two hundred thousand posts lie in the log when the worker starts. It is
a process of its own, as are the broker and the store, and all three share the machine. Then the same tagger runs in
other loops over the same log: see `tests.benchmarks.loops`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import msgspec

from deploy.demo.posts import generate, generate_labelled
from deploy.demo.situations import Situation
from ingest.contract import Post
from ingest.kafka import ConsumerGroup, PostProducer, ensure_topics
from processing.store.client import Store
from processing.store.migrate import migrate
from tests.benchmarks import loops
from tests.benchmarks.worker import GROUP, Figures
from tests.conftest import WRITER_PASSWORD
from tests.support.parts import Parts
from tests.support.processor_time import processor_seconds

DEMO_DAYS = timedelta(days=28)
"""More than the demo archive spans."""
ON_SUBJECT = 20
"""One post in so many of the firehose is about the subject."""
FIREHOSE_RATE = 30_000
"""Posts a second."""
LOOK_EVERY = 0.5
LONGEST_LOOP = 600
"""The seconds after which another loop is taken for stuck."""


def archive(rounds: int = 3) -> Iterator[Post]:
    """The demo archive, again and again: half of it is on the subject, and a minute has three posts."""
    for number in range(rounds):
        for post in generate():
            yield msgspec.structs.replace(
                post, id=f"{post.id}-{number}", created_at=post.created_at + number * DEMO_DAYS
            )


def firehose(rounds: int = 6) -> Iterator[Post]:
    """Its posts as a large network would send them, all in the same minutes: nearly all are off the subject."""
    begins, place = datetime(2020, 7, 10, 16, tzinfo=UTC), count()
    for number in range(rounds):
        on_subject = count()
        for post, situation, _ in generate_labelled():
            if situation is Situation.OFF_TOPIC or next(on_subject) % ON_SUBJECT == 0:
                at = begins + timedelta(seconds=next(place) // FIREHOSE_RATE)
                yield msgspec.structs.replace(post, id=f"{post.id}-{number}", created_at=at)


SHAPES: Mapping[str, Callable[[], Iterable[Post]]] = {
    "the demo archive, three times over": archive,
    "a firehose, one post in twenty on the subject": firehose,
}


def main() -> None:
    """Print the figures."""
    for name, posts in SHAPES.items():
        with tempfile.TemporaryDirectory() as folder, Parts(Path(folder)) as parts:
            migrate(parts.store)
            ensure_topics(parts.kafka, 4)
            sent = fill(parts, posts())
            before = cpu_times(parts)
            worker = work(parts)
            others = {part: seconds - before[part] for part, seconds in cpu_times(parts).items()}
            counted = counted_posts(parts)
            if counted != sent:
                raise SystemExit(f"{sent:,} posts went into the log and {counted:,} are counted.")
            tell(name, worker, {part: seconds / sent for part, seconds in others.items()})
            compare(worker, {loop: run(loop, parts, sent) for loop in loops.installed()})


def fill(parts: Parts, posts: Iterable[Post]) -> int:
    """Put the posts into the log; how many they are."""
    sent = 0
    with PostProducer(parts.kafka) as producer:
        for post in posts:
            producer.send(post, lambda _: None)
            sent += 1
        producer.flush(timedelta(seconds=60))
    return sent


def work(parts: Parts) -> Figures:
    """Start a worker, let it work until nothing is left, and take its figures."""
    command = [sys.executable, "-m", "tests.benchmarks.worker", parts.kafka.bootstrap, parts.store.url]
    environment = os.environ | {"BANWATCH_CLICKHOUSE_PASSWORD": WRITER_PASSWORD}
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as worker,
        ConsumerGroup(parts.kafka, GROUP) as group,
    ):
        while worker.poll() is None and group.lag():
            time.sleep(LOOK_EVERY)
        worker.terminate()
        said, _ = worker.communicate()
    return msgspec.json.decode(said, type=Figures)


def run(loop: str, parts: Parts, posts: int) -> loops.Figures:
    """Let another loop read the same log."""
    command = [sys.executable, "-m", "tests.benchmarks.loops", loop, parts.kafka.bootstrap, parts.store.url, str(posts)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=LONGEST_LOOP)
    return msgspec.json.decode(done.stdout, type=loops.Figures)


def compare(worker: Figures, others: Mapping[str, loops.Figures]) -> None:
    """Print posts a second of a core's user time and of the clock, of the worker and of other loops with its tagger."""
    ours = rates(worker)
    print("  posts/s of a core's user time, and of the clock; the others neither count nor look for deletions:")
    print(f"    {'the worker':<13} {ours[0]:,.0f} {ours[1]:,.0f}; memory at its peak: {worker.peak:,.0f} MB")
    for loop, figures in others.items():
        theirs = rates(figures)
        reached = ", ".join(f"{own / other:.2f}" for own, other in zip(ours, theirs, strict=True))
        print(f"    {loop:<13} {theirs[0]:,.0f} {theirs[1]:,.0f}", end="")
        print(f"; memory at its peak: {figures.peak:,.0f} MB; the worker reaches {reached} of it", flush=True)


def rates(figures: Figures | loops.Figures) -> tuple[float, float]:
    """Return the posts a second of a core's user time, and of the clock."""
    return figures.posts / figures.user, figures.posts / figures.seconds


def cpu_times(parts: Parts) -> dict[str, float]:
    """Seconds of CPU time of the broker and of the store until now."""
    return {part: processor_seconds(process) for part, process in parts.processes.items()}


def counted_posts(parts: Parts) -> int:
    """The posts in `counts`."""
    with Store(parts.store) as store:
        [(posts,)] = store.query("SELECT sum(posts) FROM counts WHERE topic = '*'")
    return int(posts)


def tell(name: str, worker: Figures, others: Mapping[str, float]) -> None:
    """`others` are seconds a post."""
    posts = worker.posts
    by_step = worker.cpu_by_step | {"other threads": worker.cpu - sum(worker.cpu_by_step.values())}
    print(f"one worker, Kafka to counts, {name}: {posts / worker.seconds:,.0f} posts/s")
    print(f"  {posts:,} posts in {worker.batches} batches, behind the first one")
    print(
        f"  CPU time of the worker, us a post: {micro(worker.cpu / posts)}; {posts / worker.cpu:,.0f} posts/s of a core"
    )
    for step, cpu in sorted(by_step.items(), key=lambda each: -each[1]):
        print(f"    {step:<13} {micro(cpu / posts):>5} {cpu / worker.cpu:5.0%}")
    print(f"  it waited for the store, with the next batch tagged: {worker.waited / worker.seconds:.0%} of the time")
    print("  CPU time of the others, us a post: " + ", ".join(f"{part} {micro(cpu)}" for part, cpu in others.items()))
    print(f"  CPU time of its start, before the first poll: {worker.start:.2f} s", flush=True)


def micro(seconds: float) -> str:
    """Seconds as microseconds."""
    return f"{1e6 * seconds:.1f}"


if __name__ == "__main__":
    main()
