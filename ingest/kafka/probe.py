"""The probe of an address: who answers there, and whether banwatch may come in.

The library's clients retry a refused login or an untrusted certificate in silence until their time is over. The probe
therefore goes through TLS and the login by itself, and says what is wrong.
"""

from __future__ import annotations

import socket
import ssl
import struct
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from kafka.errors import IllegalSaslStateError, NoError, UnsupportedSaslMechanismError
from kafka.net.sasl import get_sasl_mechanism
from kafka.protocol.metadata import MetadataRequest, MetadataResponse
from kafka.protocol.sasl import (
    SaslAuthenticateRequest,
    SaslAuthenticateResponse,
    SaslHandshakeRequest,
    SaslHandshakeResponse,
)

from ingest.contract import EMBEDDED_CLUSTER_ID, KafkaAddress, KafkaSecurity
from ingest.kafka.connection import login_arguments, tls_context
from ingest.kafka.failures import BrokerRefused, BrokerUnavailable, NotKafka

METADATA_VERSION = 4  # spoken by every broker since Kafka 1.0, by Kafka 4 and by the embedded one
SASL_VERSION = 1  # since Kafka 1.0
LARGEST_ANSWER = 10_000_000
PROBE_TIMEOUT = timedelta(seconds=5)
TLS_ALERT = 0x15
"""The first byte of what a TLS listener answers to plain text."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The Kafka cluster at an address. If it is `memory_only`, every record is lost when the broker ends.

    `advertised` are the addresses, `host:port`, at which its brokers say that clients reach them.
    """

    cluster_id: str
    memory_only: bool
    brokers: int
    advertised: tuple[str, ...] = ()


def probe(address: KafkaAddress, timeout: timedelta) -> Cluster | None:
    """Return the cluster at the address, or None if nothing listens there.

    The addresses of the bootstrap are asked one after the other, until one answers. A listener that never answers costs
    `timeout`.

    Raises:
        NotKafka: only other programs, or brokers that hang, listen; the message is one sentence that names a port.
        BrokerRefused: the broker refuses the login, or its certificate is not trusted.
        Misconfigured: a file of certificates cannot be read.
    """
    tls = tls_context(address.security) if address.security.encrypted else None
    failure: NotKafka | None = None
    for endpoint in address.endpoints:
        host, _, port = endpoint.rpartition(":")
        try:
            connection = socket.create_connection((host.strip("[]"), int(port)), timeout.total_seconds())
        except OSError:
            continue
        try:
            with closing(_encrypted(connection, tls, host.strip("[]"), endpoint)) as secured:
                return _Dialogue(secured, endpoint).cluster(address.security)
        except NotKafka as error:
            failure = failure or error
    if failure is not None:
        raise failure
    return None


def require(address: KafkaAddress) -> Cluster:
    """Return the cluster at the address, before one of the library's clients is built.

    A client that finds no broker while it is built leaves its sockets open.

    Raises:
        BrokerUnavailable: no Kafka answers at the address.
        BrokerRefused, Misconfigured: from `probe`.
    """
    try:
        cluster = probe(address, PROBE_TIMEOUT)
    except NotKafka as error:
        raise BrokerUnavailable(str(error)) from error
    if cluster is None:
        raise BrokerUnavailable(f"No Kafka listens at {address.bootstrap}.")
    return cluster


def _encrypted(connection: socket.socket, tls: ssl.SSLContext | None, host: str, endpoint: str) -> socket.socket:
    if tls is None:
        return connection
    try:
        return tls.wrap_socket(connection, server_hostname=host)
    except ssl.SSLCertVerificationError as error:
        raise BrokerRefused(
            f"The certificate of Kafka at {endpoint} is not trusted: {error.verify_message.rstrip('.')}. "
            "Check BANWATCH_KAFKA_CA_FILE, and that the certificate names this host."
        ) from error
    except ssl.SSLError as error:
        raise _tls_failure(error, endpoint) from error
    except OSError as error:
        raise _silent(error, endpoint) from error


def _tls_failure(error: ssl.SSLError, endpoint: str) -> BrokerRefused | NotKafka:
    if "ALERT" in (error.reason or ""):
        return BrokerRefused(
            f"Kafka at {endpoint} refuses the TLS connection ({error.reason}). If it asks for a certificate, "
            "check BANWATCH_KAFKA_CERTIFICATE_FILE and BANWATCH_KAFKA_KEY_FILE."
        )
    return NotKafka(
        f"{endpoint} does not speak TLS ({error.reason}): another program holds the port, "
        "or BANWATCH_KAFKA_SECURITY_PROTOCOL is wrong."
    )


def _silent(error: OSError, endpoint: str) -> NotKafka:
    if isinstance(error, TimeoutError):
        return NotKafka(
            f"{endpoint} takes connections and does not answer: another program holds the port, or the broker hangs."
        )
    if isinstance(error, ConnectionResetError):
        return NotKafka(
            f"{endpoint} closed the connection: another program holds the port, or a Kafka that asks for TLS or a "
            "login (BANWATCH_KAFKA_SECURITY_PROTOCOL)."
        )
    return _foreign(endpoint, error)


def _foreign(endpoint: str, error: Exception) -> NotKafka:
    return NotKafka(f"{endpoint} does not speak Kafka ({error}): another program holds the port.")


class _Dialogue:
    """Requests and answers over one connection, one at a time."""

    def __init__(self, connection: socket.socket, endpoint: str) -> None:
        self._connection = connection
        self._endpoint = endpoint

    def cluster(self, security: KafkaSecurity) -> Cluster:
        """Log in where that is configured, and ask for the cluster."""
        if security.logs_in:
            self._log_in(security)
        request = MetadataRequest(topics=[], allow_auto_topic_creation=False, version=METADATA_VERSION)
        answer = self._ask(request, MetadataResponse, METADATA_VERSION)
        return Cluster(
            cluster_id=answer.cluster_id or "",
            memory_only=answer.cluster_id == EMBEDDED_CLUSTER_ID,
            brokers=len(answer.brokers),
            advertised=tuple(f"{broker.host}:{broker.port}" for broker in answer.brokers),
        )

    def _log_in(self, security: KafkaSecurity) -> None:
        handshake = SaslHandshakeRequest(mechanism=security.mechanism, version=SASL_VERSION)
        offered = self._ask(handshake, SaslHandshakeResponse, SASL_VERSION)
        if offered.error_code == UnsupportedSaslMechanismError.errno:
            raise BrokerRefused(
                f"Kafka at {self._endpoint} logs in by {', '.join(sorted(offered.mechanisms))}, not by "
                f"{security.mechanism}: set BANWATCH_KAFKA_SASL_MECHANISM."
            )
        if offered.error_code == IllegalSaslStateError.errno:
            raise BrokerRefused(
                f"Kafka at {self._endpoint} takes no login: set BANWATCH_KAFKA_SECURITY_PROTOCOL to "
                f"{'SSL' if security.encrypted else 'PLAINTEXT'} and remove BANWATCH_KAFKA_USER."
            )
        mechanism = get_sasl_mechanism(security.mechanism)(security_protocol=None, **login_arguments(security))
        while not mechanism.is_done():
            request = SaslAuthenticateRequest(mechanism.auth_bytes(), version=SASL_VERSION)
            answer = self._ask(request, SaslAuthenticateResponse, SASL_VERSION)
            if answer.error_code != NoError.errno:
                raise BrokerRefused(
                    f"Kafka at {self._endpoint} refuses the login of {security.user}: check BANWATCH_KAFKA_USER and "
                    "BANWATCH_KAFKA_PASSWORD."
                )
            self._take(mechanism, answer.auth_bytes)

    def _take(self, mechanism: Any, token: bytes) -> None:
        try:
            mechanism.receive(token)
        except (ValueError, KeyError) as error:
            raise BrokerRefused(
                f"What answers at {self._endpoint} does not know the password that it asks for: it is not our Kafka."
            ) from error

    def _ask(self, request: Any, response: Any, version: int) -> Any:
        request.with_header(correlation_id=1, client_id="banwatch-probe")
        try:
            self._connection.sendall(request.encode(header=True, framed=True))
            head = self._exactly(4)
            (size,) = struct.unpack(">i", head)
            if head[0] == TLS_ALERT:
                raise BrokerRefused(
                    f"{self._endpoint} speaks TLS: set BANWATCH_KAFKA_SECURITY_PROTOCOL to SSL or SASL_SSL."
                )
            if not 4 < size < LARGEST_ANSWER:
                raise NotKafka(f"{self._endpoint} does not speak Kafka: another program holds the port.")
            return response.decode(self._exactly(size), version=version, header=True)
        except ssl.SSLError as error:
            raise _tls_failure(error, self._endpoint) from error
        except OSError as error:
            raise _silent(error, self._endpoint) from error
        except (ValueError, struct.error) as error:
            raise _foreign(self._endpoint, error) from error

    def _exactly(self, size: int) -> bytes:
        received = bytearray()
        while len(received) < size:
            part = self._connection.recv(size - len(received))
            if not part:
                raise ConnectionResetError
            received += part
        return bytes(received)
