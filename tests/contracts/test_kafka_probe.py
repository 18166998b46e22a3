"""What is said of an address before anything is started at it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from deploy.embedded.broker import wait_until_ready
from ingest.contract import KafkaAddress
from ingest.kafka import BrokerUnavailable, NotKafka, probe
from tests.support import brokers
from tests.support.waiting import free_port

SHORT = timedelta(milliseconds=500)


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
    cluster = probe(KafkaAddress(broker.bootstrap), timedelta(seconds=5))
    assert cluster is not None
    assert cluster.brokers == 1
    assert cluster.memory_only == ("tansu" in request.node.callspec.id)


def test_a_second_address_is_asked_where_the_first_is_away(broker: brokers.Broker) -> None:
    nobody = f"127.0.0.1:{free_port()}"
    assert probe(KafkaAddress(f"{nobody}, {broker.bootstrap}"), timedelta(seconds=5)) is not None


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
