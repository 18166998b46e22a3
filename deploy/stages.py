"""Each process of banwatch: what it is made of, and how it ends.

A process ends by itself on SIGTERM and SIGINT, at the next safe place. What it cannot handle ends it with a
sentence and a status that the supervisor and systemd understand.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.addresses import PortTaken, clickhouse_endpoint
from deploy.live import live_source, source_settings
from deploy.patience import keep_at
from deploy.settings import Settings
from ingest.committed import Committed
from ingest.cursors import CursorFile
from ingest.health import Tally
from ingest.log import GroupWatch, PostConsumer, PostProducer, ensure_topics, probe
from ingest.run import Pace, Run
from ingest.source import Source
from ingest.sources.archive import Archive
from processing.alerts.notifiers.console import Console
from processing.enrich import Enricher
from processing.language import DETECTORS
from processing.pipeline import Pipeline
from processing.store.client import Store
from processing.topics import ReloadingTaxonomy, Taxonomy, load_taxonomy
from processing.upkeep import Upkeep, chores
from processing.watch import Watch

PROBE_PATIENCE = 5.0

CHORE_PATIENCE = timedelta(hours=1)
"""A month of posts is merged in one statement."""


@dataclass(frozen=True)
class ArchiveOptions:
    """How an archive is played. `speed` is event time over wall time; None is as fast as it goes."""

    path: Path
    speed: float | None = None
    shift_to_now: bool = False
    columns: str | None = None
    """Of a table, which columns hold what: `ingest.sources.archive_table.columns_from`."""


def until_signalled() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: stop.set())
    return stop


def enricher(settings: Settings) -> tuple[Enricher, Taxonomy]:
    """The tagger that the settings ask for."""
    taxonomy = load_taxonomy(settings.topics_file)
    return Enricher(DETECTORS[settings.processing.language_detector](), taxonomy), taxonomy


def roots_of(taxonomy: ReloadingTaxonomy) -> dict[str, str]:
    """The root of every watched topic of the file as it is now."""
    taxonomy.refresh()
    now = taxonomy.taxonomy
    return {topic.id: now.root_of(topic.id) for topic in now.topics if topic.watched}


def run_archive(settings: Settings, options: ArchiveOptions, tell: Callable[[Archive, Tally], None]) -> Tally:
    """Read an archive into the log, from where the last run of it stopped."""
    shift_to = datetime.now(UTC) if options.shift_to_now else None
    archive = Archive(options.path, shift_to=shift_to, columns=options.columns)
    pace = None if options.speed is None else Pace(options.speed)
    return run_source(settings, archive, pace, lambda tally: tell(archive, tally))


def run_live(settings: Settings, name: str, given: Mapping[str, str], tell: Callable[[Tally], None]) -> Tally:
    """Read a live source into the log, from where the last run of it stopped, until a signal.

    Raises:
        SettingsError, Permanent, and what the log raises
    """
    own = source_settings(name, given)
    return run_source(settings, live_source(name, own), None, tell, own.silent_after)


def run_source(
    settings: Settings,
    source: Source,
    pace: Pace | None,
    tell: Callable[[Tally], None],
    silent_after: timedelta = timedelta(minutes=2),
) -> Tally:
    """Run one source into the log."""
    stop = until_signalled()
    address = settings.ingest.kafka
    ensure_topics(address, settings.ingest.kafka_partitions)
    tally = Tally(datetime.now(UTC))

    def note(so_far: Tally) -> None:
        nonlocal tally
        tally = so_far
        tell(so_far)

    def work() -> Tally:
        with ExitStack() as open_parts:
            cluster = probe(address, settings.processing.clickhouse.timeout)
            committed = None
            if cluster is not None and cluster.memory_only:
                committed = open_parts.enter_context(Committed(GroupWatch(address, settings.ingest.kafka_group)))
            producer = open_parts.enter_context(PostProducer(address, client_id=f"banwatch-{source.name}"))
            cursor_file = CursorFile(settings.data_dir / "cursors" / f"{source.name}.json")
            return Run(source, producer, cursor_file, committed, stop, note, address.posts_topic, pace, silent_after)()

    # Standard input is gone once it is read: what was under way could not be read again.
    once = isinstance(source, Archive) and source.streamed
    return work() if once else keep_at(work, stop) or tally


def run_process(settings: Settings) -> None:
    """Work as one worker of the pipeline."""
    stop = until_signalled()
    detector = DETECTORS[settings.processing.language_detector]()
    taxonomy = ReloadingTaxonomy(settings.topics_file)

    def work() -> None:
        ensure_topics(settings.processing.kafka, settings.ingest.kafka_partitions)
        with (
            Store(settings.processing.clickhouse) as store,
            PostProducer(settings.processing.kafka, client_id="banwatch-rejects") as producer,
            PostConsumer(settings.processing.kafka, settings.processing.kafka_group) as consumer,
        ):
            own = settings.processing
            Pipeline(consumer, producer, store, detector, taxonomy, stop, own.batch_posts, own.authors)()

    keep_at(work, stop)


def run_watch(settings: Settings) -> None:
    """Watch the counts and tell of incidents on standard output."""
    stop = until_signalled()
    taxonomy = ReloadingTaxonomy(settings.topics_file)
    width = settings.processing.bin_width

    def work() -> None:
        with Store(settings.processing.clickhouse) as store:
            told = [Console(sys.stdout, width)]
            watch = Watch(store, lambda: roots_of(taxonomy), width, told, clock=lambda: datetime.now(UTC))
            with upkeep_beside(settings, stop):
                watch.run(stop, settings.processing.watch_interval)

    keep_at(work, stop)


@contextmanager
def upkeep_beside(settings: Settings, stop: threading.Event) -> Iterator[None]:
    """Do the store's chores in a thread of their own. What ends the chores ends the process too."""
    address = replace(settings.processing.clickhouse, timeout=CHORE_PATIENCE)
    with Store(address) as store, ThreadPoolExecutor(1, "upkeep") as threads:
        work = chores(settings.processing.purge_interval, settings.processing.roll_up_interval)
        upkeep = Upkeep(store, work, clock=lambda: datetime.now(UTC))
        running = threads.submit(upkeep.run, stop)
        running.add_done_callback(lambda _: stop.set())
        try:
            yield
        finally:
            stop.set()
        running.result()


def run_dashboard(settings: Settings) -> None:
    """Serve the dashboard."""
    from dashboard.server import run  # noqa: PLC0415 - an optional part, and slow to import

    run(settings.dashboard)


def run_warehouse(settings: Settings) -> None:
    """Serve the embedded ClickHouse at the configured address."""
    from deploy.embedded.warehouse import (  # noqa: PLC0415 - an optional part
        WarehouseSettings,
        WarehouseUnavailable,
        serve,
    )

    endpoint = clickhouse_endpoint(settings.processing.clickhouse_url)
    warehouse = WarehouseSettings(
        directory=settings.data_dir / "warehouse",
        host=endpoint.host,
        port=endpoint.port,
        writer_password=settings.processing.clickhouse_password,
        reader_password=settings.dashboard.clickhouse_reader_password,
    )
    try:
        serve(warehouse)
    except WarehouseUnavailable as error:
        raise PortTaken(str(error)) from error
