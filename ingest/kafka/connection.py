"""What every connection to Kafka has in common: addresses, TLS, the login and the pauses between attempts."""

from __future__ import annotations

import ssl
from datetime import timedelta
from typing import Any

from ingest.contract import KafkaAddress, KafkaSecurity
from ingest.errors import Misconfigured

REQUEST_TIMEOUT = timedelta(seconds=10)
"""How long a broker that hangs is waited for. Its partitions have other leaders by then: Kafka moves them after nine
seconds of silence. The library's 30 seconds would hold back their posts, and a member's heartbeats, for as long."""


CRITICAL = 2
"""The syslog level up to which librdkafka writes to standard error. Of each attempt to connect it would tell a line."""


def client_arguments(address: KafkaAddress, request_timeout: timedelta = REQUEST_TIMEOUT) -> dict[str, Any]:
    """Return the arguments by which any client of the library connects.

    Raises:
        Misconfigured: a file of certificates cannot be read.
    """
    security = address.security
    arguments: dict[str, Any] = {
        "bootstrap_servers": address.endpoints,
        "security_protocol": security.protocol,
        "reconnect_backoff_max_ms": 1_000,
        "request_timeout_ms": milliseconds(request_timeout),
    }
    if security.encrypted:
        arguments["ssl_context"] = tls_context(security)
    return arguments | (login_arguments(security) if security.logs_in else {})


def librdkafka_arguments(address: KafkaAddress, request_timeout: timedelta = REQUEST_TIMEOUT) -> dict[str, Any]:
    """Return the arguments by which a client of librdkafka connects. `client_arguments` has the same for kafka-python.

    The files of certificates were read before, by the probe of the address.
    """
    security = address.security
    arguments: dict[str, Any] = {
        "bootstrap.servers": ",".join(address.endpoints),
        "security.protocol": security.protocol,
        "reconnect.backoff.ms": 1_000,
        "reconnect.backoff.max.ms": 1_000,
        "log_level": CRITICAL,
        "socket.timeout.ms": milliseconds(request_timeout),
        "coordinator.query.interval.ms": milliseconds(request_timeout),
        "topic.metadata.refresh.interval.ms": milliseconds(request_timeout),
    }
    if security.encrypted:
        system = ssl.get_default_verify_paths()  # whom kafka-python trusts
        files = {
            "ssl.ca.location": security.ca_file or system.cafile or system.capath,
            "ssl.certificate.location": security.certificate_file,
            "ssl.key.location": security.key_file,
        }
        arguments |= {name: str(file) for name, file in files.items() if file is not None}
    if security.logs_in:
        arguments |= {
            "sasl.mechanism": security.mechanism,
            "sasl.username": security.user,
            "sasl.password": security.password.get_secret_value(),
        }
    return arguments


def milliseconds(duration: timedelta) -> int:
    return int(duration.total_seconds() * 1000)


def login_arguments(security: KafkaSecurity) -> dict[str, str]:
    """Return the library's arguments of a login by SASL."""
    return {
        "sasl_mechanism": security.mechanism,
        "sasl_plain_username": security.user,
        "sasl_plain_password": security.password.get_secret_value(),
    }


def tls_context(security: KafkaSecurity) -> ssl.SSLContext:
    """Return a context that trusts the configured authorities and checks the name of the host.

    Raises:
        Misconfigured: a file of certificates cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=security.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise Misconfigured(
            f"BANWATCH_KAFKA_CA_FILE cannot be used: {security.ca_file}: {error.strerror or error}."
        ) from error
    if security.certificate_file is not None:
        try:
            # An encrypted key would otherwise be asked for at the terminal.
            context.load_cert_chain(security.certificate_file, security.key_file, password="")
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(
                f"BANWATCH_KAFKA_CERTIFICATE_FILE and BANWATCH_KAFKA_KEY_FILE cannot be used: "
                f"{security.certificate_file}, {security.key_file}: {error.strerror or error}."
            ) from error
    return context
