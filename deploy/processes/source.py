"""One source into Kafka."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.patience import retry_while_unavailable
from deploy.processes.signals import until_signalled
from deploy.settings import Settings
from deploy.source_options import live_source, source_settings
from deploy.terminal.archive import archive_notes
from ingest.contract import SILENT_AFTER
from ingest.cursors import CursorFile
from ingest.kafka import CommittedOffsets, ConsumerGroup, PostProducer, ensure_topics, probe
from ingest.progress import CollectorStats
from ingest.runner import Pace, SourceRunner
from ingest.source import Source
from ingest.sources.archive.source import Archive
from processing import queries


@dataclass(frozen=True)
class ArchiveOptions:
    """How an archive is played. `speed` is event time over wall time; None is as fast as it goes."""

    path: Path
    speed: float | None = None
    shift_to_now: bool = False
    columns: str | None = None
    """Of a table, which columns hold what: `ingest.sources.archive.table.columns_from`."""


def run_archive(
    settings: Settings,
    options: ArchiveOptions,
    tell: Callable[[Archive, CollectorStats], None],
    note: Callable[[str], None],
) -> CollectorStats:
    """Read an archive into Kafka, from where the last run of it stopped.

    `note` is given a sentence, behind the last post, where the archive does less than whoever plays it may expect.
    """
    scored_until = _scored_until(settings)
    shift_to = datetime.now(UTC) if options.shift_to_now else None
    archive = Archive(options.path, shift_to=shift_to, columns=options.columns)
    pace = None if options.speed is None else Pace(options.speed)
    # Standard input is gone once it is read: what was under way could not be read again.
    tally = run_source(settings, lambda: archive, pace, lambda tally: tell(archive, tally), once=archive.streamed)
    for sentence in archive_notes(archive, scored_until):
        note(sentence)
    return tally


def _scored_until(settings: Settings) -> datetime | None:
    """How far a watch has looked; None where none has, or no store answers."""
    try:
        with queries.connect(settings.reader) as reader:
            return queries.scored_until(reader)
    except (queries.StoreUnavailable, queries.StoreRefused):
        return None


def run_live(
    settings: Settings, name: str, given: Mapping[str, str], tell: Callable[[CollectorStats], None]
) -> CollectorStats:
    """Read a live source into Kafka, from where the last run of it stopped, until a signal.

    Raises:
        SettingsError, Permanent, and what `ingest.kafka` raises
    """
    own = source_settings(name, given)
    live_source(name, own)  # so that a mistake in the settings is told before Kafka is waited for
    return run_source(settings, lambda: live_source(name, own), None, tell, own.silent_after)


def run_source(
    settings: Settings,
    make: Callable[[], Source],
    pace: Pace | None,
    tell: Callable[[CollectorStats], None],
    silent_after: timedelta = SILENT_AFTER,
    *,
    once: bool = False,
) -> CollectorStats:
    """Run one source into Kafka, again from its saved cursor where Kafka fails, but for what can be read `once`.

    Each time the source is made anew: one that was read further than its cursor would say that what Kafka has lost
    is covered.
    """
    stop = until_signalled()
    address = settings.ingest.kafka
    ensure_topics(address, settings.ingest.kafka_partitions)
    tally = CollectorStats(datetime.now(UTC))

    def note(so_far: CollectorStats) -> None:
        nonlocal tally
        tally = so_far
        tell(so_far)

    def work() -> CollectorStats:
        source = make()
        with ExitStack() as open_parts:
            cluster = probe(address, settings.processing.clickhouse.timeout)
            committed = None
            if cluster is not None and cluster.memory_only:
                committed = open_parts.enter_context(
                    CommittedOffsets(ConsumerGroup(address, settings.ingest.kafka_group))
                )
            producer = open_parts.enter_context(PostProducer(address, client_id=f"banwatch-{source.name}"))
            cursor_file = CursorFile(settings.data_dir / "cursors" / f"{source.name}.json")
            return SourceRunner(
                source, producer, cursor_file, committed, stop, note, address.posts_topic, pace, silent_after
            )()

    return work() if once else retry_while_unavailable(work, stop) or tally
