"""The client for requests about the cluster."""

from __future__ import annotations

from kafka import KafkaAdminClient

from ingest.contract import KafkaAddress
from ingest.kafka.connection import client_arguments
from ingest.kafka.probe import require


def administer(address: KafkaAddress) -> KafkaAdminClient:
    """Return a client for requests about the cluster. The caller closes it.

    Raises:
        BrokerUnavailable: no Kafka answers at the address.
        BrokerRefused, Misconfigured: the broker or its certificate refuses, or a file cannot be read.
    """
    require(address)
    return KafkaAdminClient(
        **client_arguments(address),
        client_id="banwatch-admin",
        bootstrap_timeout_ms=10_000,
    )
