"""The services at the configured addresses: this module checks which ones answer before anything is started."""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import httpx

from deploy.errors import PortTaken
from deploy.settings import LOOPBACK
from ingest.contract import KafkaAddress
from ingest.errors import Failure
from ingest.kafka import NotKafka, probe

ANSWER_TIMEOUT = timedelta(seconds=2)
PINGS = 5
"""A store on a machine with too much to do answers late, and another program never. Kafka has as long to answer."""


class OutOfReach(Failure):
    """No service answers at an address where banwatch cannot start one, as on another machine."""


@dataclass(frozen=True)
class Endpoint:
    """Host and port of one address."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def kafka_endpoint(address: KafkaAddress) -> Endpoint:
    """Return the first broker of the bootstrap list."""
    host, _, port = address.endpoints[0].rpartition(":")
    return Endpoint(host.strip("[]"), int(port))


def clickhouse_endpoint(url: str) -> Endpoint:
    """Return the host and port of the HTTP interface."""
    parts = urlsplit(url)
    return Endpoint(parts.hostname or "127.0.0.1", parts.port or (8443 if parts.scheme == "https" else 8123))


def kafka_answers(address: KafkaAddress) -> bool:
    """Return whether a Kafka answers. False means that no service answers and an embedded one can start.

    Raises:
        PortTaken: another program uses the address.
        OutOfReach: nothing answers at an address where no embedded broker can start.
        BrokerRefused, Misconfigured: the broker refuses the login, or a certificate is wrong.
    """
    try:
        found = probe(address, PINGS * ANSWER_TIMEOUT)
    except NotKafka as error:
        raise PortTaken(f"{error} Stop it, or set BANWATCH_KAFKA_BOOTSTRAP to another address.") from error
    if found is None:
        _must_be_here(kafka_endpoint(address), "Kafka", "BANWATCH_KAFKA_BOOTSTRAP")
        if address.security.protocol != "PLAINTEXT":
            raise OutOfReach(
                f"No Kafka answers at {address.bootstrap}, and the embedded one speaks neither TLS nor SASL. "
                "Check BANWATCH_KAFKA_BOOTSTRAP, or unset BANWATCH_KAFKA_SECURITY_PROTOCOL."
            )
    return found is not None


def clickhouse_answers(url: str) -> bool:
    """Return whether a ClickHouse answers. False means that no service answers and an embedded one can start.

    Raises:
        PortTaken: another program uses the address.
        OutOfReach: nothing answers at an address on another machine.
    """
    endpoint = clickhouse_endpoint(url)
    # Loading the certificates takes thirty times as long as the answer, and this function polls a starting store.
    encrypted = urlsplit(url).scheme == "https"
    try:
        with httpx.Client(timeout=ANSWER_TIMEOUT.total_seconds(), trust_env=False, verify=encrypted) as client:
            answer = _pinged(client, url.rstrip("/") + "/ping")
    except httpx.ConnectError:
        _must_be_here(endpoint, "ClickHouse", "BANWATCH_CLICKHOUSE_URL")
        return False
    except httpx.HTTPError as error:
        raise _not_clickhouse(endpoint) from error
    if answer.status_code != httpx.codes.OK or answer.text.strip() != "Ok.":
        raise _not_clickhouse(endpoint)
    return True


def _pinged(client: httpx.Client, address: str) -> httpx.Response:
    for _ in range(PINGS - 1):
        with suppress(httpx.ReadTimeout):
            return client.get(address)
    return client.get(address)


def _not_clickhouse(endpoint: Endpoint) -> PortTaken:
    return PortTaken(
        f"{endpoint} is held by something that is not ClickHouse. "
        "Stop it, or set BANWATCH_CLICKHOUSE_URL to another address."
    )


def require_free(endpoint: Endpoint, setting: str) -> None:
    """Refuse a port that is in use.

    Raises:
        PortTaken: another program uses the port.
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
