"""How long a backtest of the demonstration takes, and where the time goes: `make bench-backtest`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import resources
from itertools import islice
from pathlib import Path

from deploy.demo.communities import MINUTES, START
from deploy.demo.generate import write
from ingest.contract import Post, Progress
from ingest.source import Item
from ingest.sources.archive.source import Archive
from processing import queries
from processing.backtest import backtest
from processing.detection.policy import DetectorPolicy
from processing.scoring import Scoring
from processing.store.client import Store
from processing.store.migrate import migrate
from processing.store.writer import recount, write_posts, write_progress
from processing.stored import StoredCounts
from processing.tagging.topics import load_taxonomy
from tests.support.parts import Parts, shipped_enricher

END = START + timedelta(minutes=MINUTES)
POLICY = DetectorPolicy.for_bins(timedelta(minutes=5))
AT_ONCE = 10_000


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long something took, by the wall clock and by the processor."""
    wall, processor = time.perf_counter(), time.process_time()
    yield
    print(f"  {what}: {time.perf_counter() - wall:.2f} s, of them {time.process_time() - processor:.2f} s in Python")


def fill(store: Store, archive: Path) -> dict[str, str]:
    """Store the demonstration; the roots of the topics that are watched."""
    write(archive)
    steps = (step.found for step in Archive(archive).read({}) if isinstance(step, Item))
    posts, enricher = (found for found in steps if isinstance(found, Post)), shipped_enricher()
    while some := list(islice(posts, AT_ONCE)):
        recount(store, write_posts(store, enricher.tag_many(some)))
    write_progress(store, [(0, Progress(source="archive-demo", since=START, until=END, complete=True))])
    taxonomy = load_taxonomy(Path(str(resources.files("deploy") / "config/topics.toml")))
    return {topic.id: taxonomy.root_of(topic.id) for topic in taxonomy.topics if topic.watched}


def main() -> None:
    """Fill a store of its own, and ask it."""
    with tempfile.TemporaryDirectory() as folder, Parts(Path(folder)) as parts:
        migrate(parts.store)
        with Store(parts.store) as store:
            roots = fill(store, Path(folder) / "demo.ndjson.zst")
            scoring = Scoring.begin(StoredCounts(store), lambda: roots, POLICY)
            print(f"backtest of {(END - START).days} days of the demonstration:")
            with timed("reading the counts and scoring them"):
                events = list(scoring.through(queries.coverage(store), START - POLICY.history, END))
            with timed("the first minutes of what begins"):
                scoring.first_minutes(events)
            with timed("all of it, with verdicts and incidents"):
                found = backtest(store, POLICY, roots, START, END)
            print(f"  {found.series} series, {len(found.spikes)} spikes, {len(found.incidents)} incidents")


if __name__ == "__main__":
    main()
