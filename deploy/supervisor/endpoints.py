"""What answers at the configured addresses, before anything is started there."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import httpx

from deploy.settings import LOOPBACK
from ingest.contract import KafkaAddress
from ingest.errors import Failure
from ingest.kafka import NotKafka, probe

ANSWER_TIMEOUT = timedelta(seconds=2)


class PortTaken(Failure):
    """Something else holds an address; the message says which, and which setting names another."""


class OutOfReach(Failure):
    """Nothing answers at an address, and it is not one where a part could be started."""


@dataclass(frozen=True)
class Endpoint:
    """Host and port of one address."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def kafka_endpoint(address: KafkaAddress) -> Endpoint:
    """The first broker of the bootstrap list."""
    host, _, port = address.bootstrap.split(",")[0].strip().rpartition(":")
    return Endpoint(host.strip("[]"), int(port))


def clickhouse_endpoint(url: str) -> Endpoint:
    """Where the HTTP interface listens."""
    parts = urlsplit(url)
    return Endpoint(parts.hostname or "127.0.0.1", parts.port or (8443 if parts.scheme == "https" else 8123))


def kafka_answers(address: KafkaAddress) -> bool:
    """Whether a Kafka is there; False when nothing is and one can be started.

    Raises:
        PortTaken, OutOfReach
    """
    try:
        found = probe(address, ANSWER_TIMEOUT)
    except NotKafka as error:
        raise PortTaken(f"{error} Stop it, or set BANWATCH_KAFKA_BOOTSTRAP to another address.") from error
    if found is None:
        _must_be_here(kafka_endpoint(address), "Kafka", "BANWATCH_KAFKA_BOOTSTRAP")
    return found is not None


def clickhouse_answers(url: str) -> bool:
    """Whether a ClickHouse is there; False when nothing is and one can be started.

    Raises:
        PortTaken, OutOfReach
    """
    endpoint = clickhouse_endpoint(url)
    # To read whom to trust takes thirty times as long as to be answered, and this is asked while a store comes up.
    encrypted = urlsplit(url).scheme == "https"
    try:
        answer = httpx.get(
            url.rstrip("/") + "/ping", timeout=ANSWER_TIMEOUT.total_seconds(), trust_env=False, verify=encrypted
        )
    except httpx.ConnectError:
        _must_be_here(endpoint, "ClickHouse", "BANWATCH_CLICKHOUSE_URL")
        return False
    except httpx.HTTPError as error:
        raise _not_clickhouse(endpoint) from error
    if answer.status_code != httpx.codes.OK or answer.text.strip() != "Ok.":
        raise _not_clickhouse(endpoint)
    return True


def _not_clickhouse(endpoint: Endpoint) -> PortTaken:
    return PortTaken(
        f"{endpoint} is held by something that is not ClickHouse. "
        "Stop it, or set BANWATCH_CLICKHOUSE_URL to another address."
    )


def require_free(endpoint: Endpoint, setting: str) -> None:
    """Refuse a port that something holds.

    Raises:
        PortTaken
    """
    try:
        socket.create_connection((endpoint.host, endpoint.port), ANSWER_TIMEOUT.total_seconds()).close()
    except OSError:
        return
    raise PortTaken(f"{endpoint} is already in use. Stop what holds it, or set {setting} to another port.")


def _must_be_here(endpoint: Endpoint, what: str, setting: str) -> None:
    if endpoint.host not in LOOPBACK:
        raise OutOfReach(
            f"No {what} answers at {endpoint}, and an embedded one only runs on this machine. Check {setting}."
        )
