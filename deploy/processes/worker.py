"""The process of one worker, which tags and counts posts."""

from __future__ import annotations

import os
from contextlib import closing

from deploy.metrics.health import Health
from deploy.metrics.server import exposed
from deploy.processes.signals import run_until, until_signalled
from deploy.settings import load
from deploy.traces import batch_traces
from deploy.writer import writer
from ingest.kafka import PostConsumer, PostProducer, ensure_topics
from processing.shortage import Shortage
from processing.store.client import Store
from processing.tagging.language import DETECTORS
from processing.tagging.topics import ReloadingTaxonomy
from processing.worker import Pipeline
from processing.worker_metrics import WorkerMetrics


def process() -> None:
    """Tag and count posts as one worker."""
    settings = load(os.environ)
    stop = until_signalled()
    detector = DETECTORS[settings.processing.language_detector]()
    taxonomy = ReloadingTaxonomy(*settings.topics_files)
    shortage = Shortage(settings.processing.clickhouse_url, lambda sentence: print(sentence, flush=True))
    health, metrics = Health(), WorkerMetrics()
    liveness = health.loop("worker")

    def work() -> None:
        kafka = settings.ingest.kafka
        ingest = settings.ingest
        ensure_topics(kafka, ingest.kafka_partitions, ingest.replication, ingest.kafka_retention)
        with (
            closing(traces),
            Store(writer(settings)) as store,
            PostProducer(kafka, client_id="banwatch-rejects") as producer,
            PostConsumer(kafka, settings.ingest.kafka_group) as consumer,
        ):
            own = settings.processing
            Pipeline(
                consumer,
                producer,
                store,
                detector,
                taxonomy,
                stop,
                own.batch_posts,
                own.batch_linger,
                own.authors,
                shortage,
                metrics,
                liveness,
                traces,
            )()

    with exposed(settings.process, "worker", health, metrics), batch_traces(os.environ) as traces:
        run_until(stop, work, liveness)
