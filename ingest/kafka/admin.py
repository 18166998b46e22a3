"""The Kafka cluster: its failures, and the probe of an address."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta

from kafka import KafkaAdminClient
from kafka.errors import KafkaError
from kafka.protocol.metadata import MetadataRequest, MetadataResponse

from ingest.contract import EMBEDDED_CLUSTER_ID, KafkaAddress
from ingest.errors import Failure, Unavailable

METADATA_VERSION = 4  # spoken by every broker since Kafka 1.0, by Kafka 4 and by the embedded one
LARGEST_ANSWER = 10_000_000
PROBE_TIMEOUT = timedelta(seconds=5)


class BrokerUnavailable(Unavailable):
    """The broker does not answer, or not in time. A later attempt may succeed."""


class BrokerRefused(Failure):
    """The broker refuses the request (rights, versions, limits). A person has to change something."""


class NotKafka(Failure):
    """A program listens at the address but does not speak Kafka's protocol."""


class TopicReplaced(Failure):
    """The topic has been replaced since the first read, so its offsets have a new meaning.

    A restarted embedded broker has forgotten everything. The caller goes back to the saved cursors.
    """


@dataclass(frozen=True, slots=True)
class Cluster:
    """The Kafka cluster at an address. If it is `memory_only`, every record is lost when the broker ends.

    `advertised` are the addresses, `host:port`, at which its brokers say that clients reach them.
    """

    cluster_id: str
    memory_only: bool
    brokers: int
    advertised: tuple[str, ...] = ()


@contextmanager
def kafka_errors(address: KafkaAddress) -> Iterator[None]:
    """Translate the library's errors into banwatch's own. Only this function distinguishes them."""
    try:
        yield
    except KafkaError as error:
        raise translated(error, address) from error


def translated(error: Exception, address: KafkaAddress) -> BrokerUnavailable | BrokerRefused:
    said = str(error).rstrip(".")
    if getattr(error, "retriable", False):
        return BrokerUnavailable(f"Kafka at {address.bootstrap} does not answer as it should: {said}.")
    return BrokerRefused(f"Kafka at {address.bootstrap} refused: {said}.")


def probe(address: KafkaAddress, timeout: timedelta) -> Cluster | None:
    """Return the cluster at the address, or None if nothing listens there.

    The probe sends one request over one socket. A listener that never answers costs `timeout` for each address of the
    bootstrap, and no more.

    Raises:
        NotKafka: another program listens; the message is one sentence that names the port.
    """
    for host, port in _endpoints(address):
        try:
            connection = socket.create_connection((host, port), timeout.total_seconds())
        except OSError:
            continue
        with closing(connection):
            return _identify(connection, f"{host}:{port}")
    return None


def require(address: KafkaAddress) -> Cluster:
    """Return the cluster at the address, before one of the library's clients is built.

    A client that finds no broker while it is built leaves its sockets open.

    Raises:
        BrokerUnavailable: no Kafka answers at the address.
    """
    try:
        cluster = probe(address, PROBE_TIMEOUT)
    except NotKafka as error:
        raise BrokerUnavailable(str(error)) from error
    if cluster is None:
        raise BrokerUnavailable(f"No Kafka listens at {address.bootstrap}.")
    return cluster


def _endpoints(address: KafkaAddress) -> Iterator[tuple[str, int]]:
    for endpoint in address.bootstrap.split(","):
        host, _, port = endpoint.strip().rpartition(":")
        yield host.strip("[]"), int(port)


def _identify(connection: socket.socket, endpoint: str) -> Cluster:
    request = MetadataRequest(topics=[], allow_auto_topic_creation=False, version=METADATA_VERSION)
    request.with_header(correlation_id=1, client_id="banwatch-probe")
    try:
        connection.sendall(request.encode(header=True, framed=True))
        (size,) = struct.unpack(">i", _exactly(connection, 4))
        if not 4 < size < LARGEST_ANSWER:
            raise NotKafka(f"{endpoint} does not speak Kafka: another program holds the port.")
        answer = MetadataResponse.decode(_exactly(connection, size), version=METADATA_VERSION, header=True)
    except TimeoutError as error:
        raise NotKafka(
            f"{endpoint} takes connections and does not answer: another program holds the port, or the broker hangs."
        ) from error
    except (OSError, ValueError, struct.error) as error:
        raise NotKafka(f"{endpoint} does not speak plain Kafka ({error}): another program holds the port.") from error
    return Cluster(
        cluster_id=answer.cluster_id or "",
        memory_only=answer.cluster_id == EMBEDDED_CLUSTER_ID,
        brokers=len(answer.brokers),
        advertised=tuple(f"{broker.host}:{broker.port}" for broker in answer.brokers),
    )


def _exactly(connection: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        part = connection.recv(size - len(received))
        if not part:
            raise ConnectionResetError("it closed the connection")
        received += part
    return bytes(received)


def administer(address: KafkaAddress) -> KafkaAdminClient:
    """Return a client for requests about the cluster. The caller closes it.

    Raises:
        BrokerUnavailable: no Kafka answers at the address.
    """
    require(address)
    return KafkaAdminClient(
        bootstrap_servers=address.bootstrap.split(","),
        client_id="banwatch-admin",
        bootstrap_timeout_ms=10_000,
        request_timeout_ms=10_000,
        reconnect_backoff_max_ms=1_000,
    )
