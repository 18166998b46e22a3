"""The topics of banwatch, and the client for requests about the cluster."""

from __future__ import annotations

from contextlib import closing

from kafka import KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError

from ingest.contract import BY_CLUSTER_SIZE, KafkaAddress, Replication
from ingest.kafka.connection import client_arguments
from ingest.kafka.failures import kafka_errors
from ingest.kafka.probe import Cluster, require


def ensure_topics(address: KafkaAddress, partitions: int, replication: Replication = BY_CLUSTER_SIZE) -> None:
    """Create the missing topics: `partitions` partitions for posts, and one for rejected records.

    An existing topic stays unchanged, whatever its partitions and replicas.

    Raises:
        BrokerUnavailable: the broker does not answer.
        BrokerRefused: the broker refuses the request.
    """
    wanted = {address.posts_topic: partitions, address.rejected_topic: 1}
    with kafka_errors(address), closing(administer(address)) as admin:
        missing = wanted.keys() - set(admin.list_topics())
        layout = _replicated(require(address), replication) if missing else {}
        for topic in missing:
            try:
                admin.create_topics({topic: {"num_partitions": wanted[topic]} | layout})
            except TopicAlreadyExistsError:
                continue  # another process has created it in the meantime
        admin.wait_for_topics(list(wanted))


def _replicated(cluster: Cluster, replication: Replication) -> dict[str, object]:
    if cluster.memory_only:
        return {}  # the embedded broker is alone, and keeps no configuration of topics
    factor, min_insync = replication.on(cluster.brokers)
    return {"replication_factor": factor, "configs": {"min.insync.replicas": str(min_insync)}}


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
