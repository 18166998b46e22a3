"""What a backtest of the demonstration takes, and a rehearsal for rules: `make bench-backtest`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import resources
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from deploy.demo.communities import MINUTES, START
from deploy.demo.generate import write
from ingest.contract import Post, Progress
from ingest.source import Item
from ingest.sources.archive.source import Archive
from processing import queries
from processing.alerts.notifiers.console import ConsoleOptions
from processing.alerts.rules import AlertRule, Channel, RuleBook
from processing.backtest import backtest
from processing.contract import Severity
from processing.detection.policy import DetectorPolicy
from processing.rules_backtest import rehearsal, told_by
from processing.scoring import Scoring
from processing.store.client import Store
from processing.store.migrate import migrate
from processing.store.writer import recount, write_posts, write_progress
from processing.stored import StoredCounts
from processing.tagging.topics import load_taxonomy
from tests.support.parts import Parts, shipped_enricher
from tests.support.processor_time import processor_seconds

END = START + timedelta(minutes=MINUTES)
POLICY = DetectorPolicy.for_bins(timedelta(minutes=5))
AT_ONCE = 10_000
RULES = RuleBook(
    version="",
    zone=ZoneInfo("UTC"),
    channels={"desk": Channel("desk", "console", ConsoleOptions())},
    rules=(AlertRule(name="major", channels=("desk",), severity=Severity.MAJOR),),
)


SURGE = datetime(2020, 7, 10, 16, tzinfo=UTC)
"""The hour in which the demonstration's surge begins."""


@contextmanager
def timed(what: str, store: int) -> Iterator[None]:
    """Print how long something took, by the wall clock and by the processor. `store` is the store's process."""
    wall, own, asked = time.perf_counter(), time.process_time(), processor_seconds(store)
    yield
    wall, own, asked = time.perf_counter() - wall, time.process_time() - own, processor_seconds(store) - asked
    print(f"  {what}: {wall:.2f} s; of the processors {own:.2f} s in Python and {asked:.2f} s in the store")


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
            process = parts.processes["store"]
            with timed("reading the counts and scoring them", process):
                events = list(scoring.through(queries.coverage(store), START - POLICY.history, END))
            with timed("the first minutes of what begins", process):
                scoring.first_minutes(events)
            with timed("all of it, with verdicts and incidents", process):
                found = backtest(store, POLICY, roots, START, END)
            print(f"  {found.series} series, {len(found.spikes)} spikes, {len(found.incidents)} incidents")
            print("rehearsal of a watch, for what rules would have sent:")
            with timed("the hour in which the surge begins", process):
                rehearsal(store, POLICY, roots, start=SURGE, end=SURGE + timedelta(hours=1), terms=False)
            with timed(f"{(END - START).days} days", process):
                rehearsed = rehearsal(store, POLICY, roots, start=START, end=END, terms=False)
            with timed("other rules over them", process):
                told_by(RULES, rehearsed, {})
            print(f"  {len(rehearsed.looks):,} looks, {len(rehearsed.incidents)} incidents")


if __name__ == "__main__":
    main()
