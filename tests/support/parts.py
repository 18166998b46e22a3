"""The embedded parts for a benchmark, and the shipped tagger."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import SecretStr

from deploy.supervisor.endpoints import clickhouse_answers
from ingest.contract import KafkaAddress
from processing.contract import ClickHouseAddress
from processing.tagging.language import DETECTORS
from processing.tagging.tagger import Enricher
from processing.tagging.topics import load_taxonomy
from tests.conftest import WRITER_PASSWORD
from tests.support import brokers
from tests.support.mortal import mortal
from tests.support.waiting import eventually, free_port


class Parts:
    """A broker and a warehouse, for as long as the benchmark runs."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.folder = folder
        self.store = ClickHouseAddress(f"http://127.0.0.1:{port}", "writer", SecretStr(WRITER_PASSWORD))
        self._open = ExitStack()
        self.processes: dict[str, int] = {}
        """The process ids of the broker and of the store, once they run."""

    def __enter__(self) -> Self:
        broker = self._open.enter_context(brokers.tansu())
        self.kafka = KafkaAddress(broker.bootstrap)
        environment = mortal() | {
            "BANWATCH_CLICKHOUSE_URL": self.store.url,
            "BANWATCH_CLICKHOUSE_PASSWORD": WRITER_PASSWORD,
            "BANWATCH_DATA_DIR": str(self.folder),
        }
        process = subprocess.Popen([sys.executable, "-m", "deploy.cli", "warehouse"], env=environment)
        self._open.callback(process.wait)
        self._open.callback(process.terminate)
        self.processes = {"broker": broker.process.pid, "store": process.pid}
        eventually(lambda: clickhouse_answers(self.store.url))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()


def shipped_enricher() -> Enricher:
    """The default detector and the shipped taxonomy."""
    taxonomy = load_taxonomy(Path(str(resources.files("deploy") / "config/topics.toml")))
    return Enricher(DETECTORS["vote"](), taxonomy)
