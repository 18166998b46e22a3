"""What is said of an address before anything is started at it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import trustme

from deploy.embedded.broker import wait_until_ready
from ingest.contract import KafkaAddress, KafkaSecurity
from ingest.kafka import BrokerRefused, BrokerUnavailable, NotKafka, probe
from tests.support import brokers
from tests.support.waiting import free_port

SHORT = timedelta(milliseconds=500)
"""Where nobody answers."""

ENOUGH = timedelta(seconds=20)


@contextmanager
def silent_listener() -> Iterator[KafkaAddress]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield KafkaAddress(f"127.0.0.1:{listener.getsockname()[1]}")


@contextmanager
def http_server() -> Iterator[KafkaAddress]:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield KafkaAddress(f"127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()


def test_a_broker_is_recognised(broker: brokers.Broker, request: pytest.FixtureRequest) -> None:
    cluster = probe(KafkaAddress(broker.bootstrap), ENOUGH)
    assert cluster is not None
    assert cluster.brokers == 1
    assert cluster.memory_only == ("tansu" in request.node.callspec.id)


def test_a_second_address_is_asked_where_the_first_is_away(broker: brokers.Broker) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    assert probe(KafkaAddress(f"{nobody}, {broker.bootstrap}"), ENOUGH) is not None


def test_a_second_address_is_asked_where_the_first_hangs(broker: brokers.Broker) -> None:
    with silent_listener() as hangs:
        assert probe(KafkaAddress(f"{hangs.bootstrap},{broker.bootstrap}"), timedelta(seconds=6)) is not None


@contextmanager
def listener(answer: Callable[[socket.socket], object]) -> Iterator[str]:
    """A listener that treats one connection like this, reads what is left, and closes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                answer(connection)
                connection.recv(1_024)  # a listener that closes with bytes unread would take back what it has sent

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join()


def handshake(authority: trustme.CA) -> Callable[[socket.socket], object]:
    """Go through the handshake of TLS, with a certificate of this authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return lambda connection: context.wrap_socket(connection.dup(), server_side=True).close()


def alert(connection: socket.socket) -> None:
    """Refuse what is no TLS, as a broker of Apache Kafka does: fatal, unexpected message."""
    connection.sendall(bytes([21, 3, 3, 0, 2, 2, 10]))


def test_a_certificate_of_an_unknown_authority_is_named_with_its_setting(tmp_path: Path) -> None:
    known = tmp_path / "known.pem"
    trustme.CA().cert_pem.write_to_path(known)
    with listener(handshake(trustme.CA())) as endpoint:
        address = KafkaAddress(endpoint, security=KafkaSecurity("SSL", ca_file=known))
        with pytest.raises(BrokerRefused, match=rf"{endpoint} is not trusted: .*BANWATCH_KAFKA_CA_FILE"):
            probe(address, ENOUGH)


def test_a_listener_that_speaks_tls_is_recognised_by_plain_text() -> None:
    said = "speaks TLS: set BANWATCH_KAFKA_SECURITY_PROTOCOL"
    with listener(alert) as endpoint, pytest.raises(BrokerRefused, match=said):
        probe(KafkaAddress(endpoint), ENOUGH)


def test_a_listener_that_only_closes_may_ask_for_tls_or_a_login() -> None:
    with (
        listener(lambda _: None) as endpoint,
        pytest.raises(NotKafka, match="asks for TLS or a login"),
    ):
        probe(KafkaAddress(endpoint), ENOUGH)


def test_a_listener_without_tls_is_recognised_by_tls() -> None:
    with http_server() as address, pytest.raises(NotKafka, match="does not speak TLS"):
        probe(replace(address, security=KafkaSecurity("SSL")), ENOUGH)


def test_nobody_is_none() -> None:
    assert probe(KafkaAddress(f"127.0.0.1:{free_port()}"), SHORT) is None


def test_a_listener_that_never_answers_is_not_kafka() -> None:
    with silent_listener() as address, pytest.raises(NotKafka, match=r"does not answer"):
        probe(address, SHORT)


def test_a_web_server_is_not_kafka() -> None:
    with http_server() as address, pytest.raises(NotKafka, match=address.bootstrap):
        probe(address, SHORT)


def test_waiting_for_a_broker_that_does_not_come_ends_with_a_sentence() -> None:
    with pytest.raises(BrokerUnavailable, match="within"):
        wait_until_ready(KafkaAddress(f"127.0.0.1:{free_port()}"), SHORT)
