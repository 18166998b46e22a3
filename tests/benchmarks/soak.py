"""`make soak`: a week of a stream of the size of Bluesky's, in two hours, through all of banwatch.

The stream is synthetic (`tests.support.weekly_stream`). It is played as an archive whose event time runs 84 times as
fast as the clock. The watch follows the watermark, so its time runs as fast. Printed are the memory of each process,
the parts of the store, the size of the log, and how far the watch was behind what was counted: of the last two thirds
of the run the means, and the highest value with the time at which it was first seen.

`--minutes` plays less of the week at the same speed; memory that a start has not filled yet then looks like growth.
`--kafka apache` plays it through Apache Kafka, whose topics are bounded by `retention.bytes`. `--broker-mb` is the
limit above which the embedded broker begins anew.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import mean

from kafka import KafkaAdminClient

from deploy.supervisor.endpoints import clickhouse_answers
from deploy.supervisor.memory import resident_memory
from processing import queries
from processing.contract import MEGABYTE
from processing.detection.bins import start_of_bin
from processing.store.client import Store, StoreRefused, StoreUnavailable
from tests.support import brokers, weekly_stream
from tests.support.stacks import Installation, Running
from tests.support.waiting import eventually, free_port

WEEK = timedelta(days=7)
HOURS = 2.0
SPEED = WEEK / timedelta(hours=HOURS)
BIN = timedelta(minutes=5)
MOST_BEHIND = 2
"""Bins by which the watch may be behind what is counted."""
MOST_GROWTH = 0.05
"""The share by which the last third of the run may hold more memory than the middle third."""
SAMPLES = 360
SHORTEST_PAUSE = 1.0
LOG_KEPT, SEGMENT = 256 * MEGABYTE, 16 * MEGABYTE
"""What Apache Kafka keeps of a partition, and how finely it deletes."""
PARTITIONS = 4
BROKER_MB = 256
MOST_PARTS = 300
"""Active parts of all tables together."""
OVER_ITS_LIMIT = 1.5
"""The embedded broker may hold this much of its limit: it grows on while its sources come to their end."""
BEGUN_ANEW = "The broker has begun anew"
BEHIND, BROKER, LOG, STORE_PARTS = "watch behind, bins", "embedded broker, MB", "log of Kafka, MB", "parts of the store"
BOUNDS = {BEHIND: MOST_BEHIND, STORE_PARTS: MOST_PARTS, LOG: PARTITIONS * 2 * LOG_KEPT / MEGABYTE}
PARTS = {"process": "worker", "watch": "watch", "archive": "source", "warehouse": "store"}
"""Word of a child's command line -> what it is."""


@dataclass
class Samples:
    """What was seen in the course of a run: a list of values of each thing, in the order of time."""

    values: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    highest_after: dict[str, timedelta] = field(default_factory=dict)
    """How long after the beginning of the run the highest value of a thing was first seen."""
    begun: float = field(default_factory=time.monotonic)

    def add(self, name: str, value: float | None) -> None:
        if value is None:
            return
        if value > max(self.values[name], default=-1):
            self.highest_after[name] = timedelta(seconds=round(time.monotonic() - self.begun))
        self.values[name].append(value)

    def thirds(self, name: str) -> tuple[float, float, float]:
        """The means of the middle and of the last third, and the highest value of all."""
        found = self.values[name]
        third = max(1, len(found) // 3)
        return mean(found[third : 2 * third] or found), mean(found[-third:]), max(found)


def main(minutes: float, kafka: str, broker_mb: int) -> bool:
    """Print the table, and return whether everything stayed within its bounds."""
    logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)  # a store that is not up yet is asked often
    os.environ["BANWATCH_BROKER_MEMORY_MB"] = str(broker_mb)
    with tempfile.TemporaryDirectory(prefix="soak-") as temporary, ExitStack() as parts:
        folder, seconds = Path(temporary), round(minutes * 60 * SPEED)
        installation, log = _installation(folder, kafka, parts)
        path = folder / "week.ndjson"
        posts = weekly_stream.write(path, seconds)
        print(
            f"{posts:,} synthetic posts of {timedelta(seconds=seconds)}, {SPEED:g} times as fast as the clock: "
            f"{posts / minutes / 60:,.0f} a second through {kafka} Kafka",
            flush=True,
        )
        begun = time.monotonic()
        arguments = ("--archive", str(path), "--speed", f"{SPEED:g}", "--until-done", "--no-dashboard")
        with closing(installation.start("up", *arguments)) as running:
            samples = _watch(running, installation, log, pause=max(SHORTEST_PAUSE, minutes * 60 / SAMPLES))
            print(f"played in {(time.monotonic() - begun) / 60:.1f} minutes, status {running.process.poll()}")
        counted = _counted(installation)
        print(f"{counted:,} posts counted; the embedded broker began anew {running.said.count(BEGUN_ANEW)} times")
        well = _report(samples, {BROKER: broker_mb * OVER_ITS_LIMIT} | BOUNDS)
        return well and counted == posts and running.process.poll() == 0


def _counted(installation: Installation) -> int:
    """Return what an installation that does not run has counted."""
    with closing(installation.start("warehouse")):
        eventually(lambda: clickhouse_answers(installation.store.url), timedelta(minutes=1))
        with Store(installation.store) as store:
            return int(store.query("SELECT sum(posts) FROM counts WHERE topic = '*'")[0][0])


def _installation(folder: Path, kafka: str, parts: ExitStack) -> tuple[Installation, Path | None]:
    """Return the installation, and the folder of Apache Kafka's log if it is used."""
    if kafka == "embedded":
        return Installation(folder / "banwatch"), None
    log = folder / "kafka"
    log.mkdir()
    broker = parts.enter_context(brokers.apache_kafka(log))
    parts.enter_context(_bounded_topic(broker.bootstrap))
    return Installation(folder / "banwatch", kafka=int(broker.bootstrap.rpartition(":")[2]), dashboard=free_port()), log


@contextmanager
def _bounded_topic(bootstrap: str) -> Iterator[None]:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    bounds = {"retention.bytes": str(LOG_KEPT), "segment.bytes": str(SEGMENT)}
    admin.create_topics({"posts": {"num_partitions": PARTITIONS, "configs": bounds}})
    admin.close()
    yield


def _watch(running: Running, installation: Installation, log: Path | None, pause: float) -> Samples:
    samples = Samples()
    while running.process.poll() is None:
        for word, name in PARTS.items():
            for pid in running.children(word):
                _add_megabytes(samples, f"{name}, MB", resident_memory(pid))
        _add_megabytes(samples, "supervisor, MB", resident_memory(running.process.pid))
        for pid in running.children("broker"):
            _add_megabytes(samples, BROKER, resident_memory(pid))
        if log is not None:
            _add_megabytes(samples, LOG, sum(file.stat().st_size for file in log.rglob("*.log")))
        _look_into(installation, samples)
        time.sleep(pause)
    return samples


def _add_megabytes(samples: Samples, name: str, size: int | None) -> None:
    samples.add(name, None if size is None else size / MEGABYTE)


def _look_into(installation: Installation, samples: Samples) -> None:
    try:
        with Store(installation.store) as store:
            [(parts,)] = store.query("SELECT count() FROM system.parts WHERE active AND database = currentDatabase()")
            counted = max((each.until for each in queries.coverage(store)), default=None)
            scored = queries.scored_until(store)
    except (StoreUnavailable, StoreRefused):
        return  # it does not run yet, or no longer
    samples.add(STORE_PARTS, parts)
    if counted is not None and scored is not None:
        samples.add(BEHIND, max(timedelta(), start_of_bin(counted, BIN) - scored) / BIN)


def _report(samples: Samples, bounds: Mapping[str, float]) -> bool:
    """Print the table. `bounds` holds the highest value of what may vary; everything else may not grow."""
    print(f"{'':<24} {'middle third':>12} {'last third':>12} {'most':>12} {'after':>8}")
    well = True
    for name in sorted(samples.values):
        middle, last, most = samples.thirds(name)
        if name in bounds:
            fault = f"more than {bounds[name]:g}" if most > bounds[name] else ""
        else:
            fault = f"grows by {last / middle - 1:.0%}" if last > middle * (1 + MOST_GROWTH) else ""
        well = well and not fault
        print(f"{name:<24} {middle:>12,.1f} {last:>12,.1f} {most:>12,.1f} {samples.highest_after[name]!s:>8} {fault}")
    return well


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=HOURS)
    parser.add_argument("--minutes", type=float, help="instead of hours")
    parser.add_argument("--kafka", choices=["embedded", "apache"], default="embedded")
    parser.add_argument("--broker-mb", type=int, default=BROKER_MB)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    asked = _parsed(sys.argv[1:])
    sys.exit(0 if main(asked.minutes or 60 * asked.hours, asked.kafka, asked.broker_mb) else 1)
