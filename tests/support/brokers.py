"""Real brokers as child processes, for any test that needs one."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded import broker as embedded
from ingest.contract import KafkaAddress
from tests.kafka import server
from tests.support.mortal import started
from tests.support.waiting import PATIENCE, free_port


@dataclass(frozen=True)
class Broker:
    """A broker that runs until its fixture ends it."""

    bootstrap: str
    process: subprocess.Popen[bytes]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop the process where it stands: its connections stay open and nothing answers."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)  # until the last of its threads has stopped
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@contextmanager
def tansu(port: int | None = None) -> Iterator[Broker]:
    port = port or free_port()
    process = started(
        embedded.command("127.0.0.1", port),
        env=os.environ | embedded.ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with _running(process, port) as broker:
        yield broker


@contextmanager
def apache_kafka(folder: Path, properties: str = "", **blanks: object) -> Iterator[Broker]:
    """One broker of Apache Kafka; `server.start` says what the properties and their blanks are."""
    port = free_port()
    process = server.start(folder, port, free_port(), properties, **blanks)
    with _running(process, port) as broker:
        yield broker


@contextmanager
def _running(process: subprocess.Popen[bytes], port: int) -> Iterator[Broker]:
    address = KafkaAddress(f"127.0.0.1:{port}")
    try:
        embedded.wait_until_ready(address, PATIENCE)
        yield Broker(address.bootstrap, process)
    finally:
        process.kill()
        process.wait()
