"""The process that reads one source into Kafka."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
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
    stop, enough = until_signalled(), until_paused()
    address = settings.ingest.kafka
    ingest = settings.ingest
    tally = CollectorStats(datetime.now(UTC))
    health = Health()
    liveness = health.loop("collector")

    def note(so_far: CollectorStats) -> None:
        nonlocal tally
        tally = so_far
        liveness.turned(ready=so_far.state == "listening")
        tell(so_far)

    def work() -> CollectorStats:
        try:
            return read()
        except TopicReplaced as replaced:
            # The embedded broker has begun anew; so does the run, from the saved cursor.
            raise BrokerUnavailable(str(replaced)) from replaced

    def read() -> CollectorStats:
        ensure_topics(address, ingest.kafka_partitions, ingest.replication, ingest.kafka_retention)
        source = make()
        with ExitStack() as open_parts:
            committed = None
            if require(address).memory_only:
                committed = open_parts.enter_context(
                    CommittedOffsets(ConsumerGroup(address, settings.ingest.kafka_group))
                )
            producer = open_parts.enter_context(PostProducer(address, client_id=f"banwatch-{source.name}"))
            cursor_file = CursorFile(settings.data_dir / "cursors" / f"{source.name}.json")
            return SourceRunner(
                source,
                producer,
                cursor_file,
                committed,
                stop,
                note,
                address.posts_topic,
                pace,
                silent_after,
                enough=enough,
            )()

    with exposed(settings.process, "collector", health, CollectorMetrics(name, lambda: tally)):
        return work() if once else run_until(stop, work, liveness) or tally
