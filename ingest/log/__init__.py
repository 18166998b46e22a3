"""The log: the producer and the consumer of `posts`. Nothing outside this package imports kafka."""

from ingest.log.cluster import (
    BrokerRefused,
    BrokerUnavailable,
    Cluster,
    LogLost,
    NotKafka,
    ensure_topics,
    probe,
)
from ingest.log.consumer import Batch, PartitionsLost, PostConsumer
from ingest.log.producer import Delivery, OnDelivered, PostProducer
from ingest.log.watch import GroupWatch

__all__ = [
    "Batch",
    "BrokerRefused",
    "BrokerUnavailable",
    "Cluster",
    "Delivery",
    "GroupWatch",
    "LogLost",
    "NotKafka",
    "OnDelivered",
    "PartitionsLost",
    "PostConsumer",
    "PostProducer",
    "ensure_topics",
    "probe",
]
