"""Kafka: the producer and the consumer of `posts`. Nothing outside this package imports the library `kafka`."""

from ingest.kafka.admin import ensure_topics
from ingest.kafka.consumer import Batch, CommitDelayed, PartitionsLost, PostConsumer
from ingest.kafka.failures import BrokerRefused, BrokerUnavailable, NotKafka, TopicReplaced
from ingest.kafka.offsets import CommittedOffsets, ConsumerGroup
from ingest.kafka.probe import Cluster, probe
from ingest.kafka.producer import Delivery, OnDelivered, PostProducer

__all__ = [
    "Batch",
    "BrokerRefused",
    "BrokerUnavailable",
    "Cluster",
    "CommitDelayed",
    "CommittedOffsets",
    "ConsumerGroup",
    "Delivery",
    "NotKafka",
    "OnDelivered",
    "PartitionsLost",
    "PostConsumer",
    "PostProducer",
    "TopicReplaced",
    "ensure_topics",
    "probe",
]
