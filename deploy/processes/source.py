"""The process that reads one source into Kafka."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.metrics.health import Health
from deploy.metrics.server import exposed
from deploy.processes.signals import run_until, until_paused, until_signalled
from deploy.settings import Settings
from deploy.source_options import live_source, source_settings
from deploy.terminal.archive import archive_notes
from ingest.collector_metrics import CollectorMetrics
from ingest.contract import SILENT_AFTER
from ingest.cursors import CursorFile
from ingest.kafka import (
    BrokerUnavailable,
    CommittedOffsets,
    ConsumerGroup,
    PostProducer,
    TopicReplaced,
    ensure_topics,
    require,
)
from ingest.liveness import Liveness
from ingest.progress import CollectorStats
from ingest.runner import Pace, SourceRunner
from ingest.source import Source
from ingest.sources.archive.source import Archive
from processing import queries
from processing.tagging.topics import load_taxonomy


@dataclass(frozen=True)
class ArchiveOptions:
    """The options for playing an archive. `speed` is event time over wall time; None means as fast as possible."""

    path: Path
    speed: float | None = None
    shift_to_now: bool = False
    columns: str | None = None
    """The mapping of a table's columns, in the notation of `ingest.sources.archive.table.columns_from`."""


def run_archive(
    settings: Settings,
    options: ArchiveOptions,
    tell: Callable[[Archive, CollectorStats], None],
    note: Callable[[str], None],
) -> CollectorStats:
    """Read an archive into Kafka, from the position where its last run stopped. Return the totals.

    `note` gets a sentence, after the last post, where the archive does less than its player may expect.
    """
    scored_until = _scored_until(settings)
    shift_to = datetime.now(UTC) if options.shift_to_now else None
    outlines = settings.data_dir / "outlines"
    archive = Archive(options.path, shift_to=shift_to, columns=options.columns, outlines=outlines)
    pace = None if options.speed is None else Pace(options.speed)
    # Standard input cannot be read twice, so a run of it cannot be repeated after a failure.
    tally = run_source(
        settings, archive.name, lambda: archive, pace, lambda tally: tell(archive, tally), once=archive.streamed
    )
    for sentence in archive_notes(archive, scored_until):
        note(sentence)
    return tally


def _scored_until(settings: Settings) -> datetime | None:
    """Return how far a watch has looked, or None where none has or no store answers."""
    try:
        with queries.connect(settings.reader) as reader:
            return queries.scored_until(reader)
    except (queries.StoreUnavailable, queries.StoreRefused):
        return None


def run_live(
    settings: Settings, name: str, given: Mapping[str, str], tell: Callable[[CollectorStats], None]
) -> CollectorStats:
    """Read a live source into Kafka until a signal, from the position where its last run stopped. Return the totals.

    Raises:
        SettingsError: a setting is invalid.
        Misconfigured: the source lacks a setting.
        TaxonomyError: the taxonomy is invalid.
    """
    own = source_settings(name, given, load_taxonomy(*settings.topics_files).sources)
    live_source(name, own)  # reports a wrong setting before the process waits for Kafka
    return run_source(settings, name, lambda: live_source(name, own), None, tell, silent_after=own.silent_after)


def run_source(
    settings: Settings,
    name: str,
    make: Callable[[], Source],
    pace: Pace | None,
    tell: Callable[[CollectorStats], None],
    *,
    silent_after: timedelta = SILENT_AFTER,
    once: bool = False,
) -> CollectorStats:
    """Read one source, which makes a collector of this name, into Kafka. Return the totals.

    If Kafka fails, the run starts again from the saved cursor, except for a source that can be read only `once`. Each
    run makes a new source. A source that has read beyond its cursor would report time as covered whose posts Kafka has
    lost.
    """
    stop, health = until_signalled(), Health()
    collection = _Collection(settings, make, pace, tell, silent_after, stop, until_paused(), health.loop("collector"))
    with exposed(settings.process, "collector", health, CollectorMetrics(name, lambda: collection.stats)):
        return collection.run() if once else run_until(stop, collection.run, collection.liveness) or collection.stats


@dataclass
class _Collection:
    """The runs of one source, each from the saved cursor. `stats` are those of the present run."""

    settings: Settings
    make: Callable[[], Source]
    pace: Pace | None
    tell: Callable[[CollectorStats], None]
    silent_after: timedelta
    stop: threading.Event
    enough: threading.Event
    liveness: Liveness
    stats: CollectorStats = field(default_factory=lambda: CollectorStats(datetime.now(UTC)))

    def run(self) -> CollectorStats:
        """Read a new source until it ends. Return the totals.

        Raises:
            BrokerUnavailable: Kafka failed, or the embedded broker has begun anew; the next run may go on.
        """
        try:
            return self._read()
        except TopicReplaced as replaced:
            raise BrokerUnavailable(str(replaced)) from replaced

    def _read(self) -> CollectorStats:
        ingest = self.settings.ingest
        address = ingest.kafka
        ensure_topics(address, ingest.kafka_partitions, ingest.replication, ingest.kafka_retention)
        source = self.make()
        with ExitStack() as open_parts:
            committed = None
            if require(address).memory_only:
                committed = open_parts.enter_context(CommittedOffsets(ConsumerGroup(address, ingest.kafka_group)))
            producer = open_parts.enter_context(PostProducer(address, client_id=f"banwatch-{source.name}"))
            return SourceRunner(
                source,
                producer,
                CursorFile(self.settings.data_dir / "cursors" / f"{source.name}.json"),
                committed,
                self.stop,
                self._note,
                address.posts_topic,
                self.pace,
                self.silent_after,
                enough=self.enough,
            )()

    def _note(self, stats: CollectorStats) -> None:
        self.stats = stats
        self.liveness.turned(ready=stats.state == "listening")
        self.tell(stats)
