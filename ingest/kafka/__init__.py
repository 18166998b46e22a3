"""Kafka: the producer and the consumer of `posts`. Nothing outside this package imports the library `kafka`."""

from ingest.kafka.batch import Batch
from ingest.kafka.consumer import CommitDelayed, PartitionsLost, PostConsumer
from ingest.kafka.diagnosis import broker_clock, require_idempotence
from ingest.kafka.failures import BrokerRefused, BrokerUnavailable, NotKafka, TopicReplaced
from ingest.kafka.offsets import CommittedOffsets, ConsumerGroup, GroupState
from ingest.kafka.probe import Cluster, probe, require
from ingest.kafka.producer import Delivery, OnDelivered, PostProducer
from ingest.kafka.topics import (
    Aspect,
    Difference,
    Topic,
    WantedTopic,
    differences,
    ensure_topics,
    read_topics,
    repair,
    wanted_topics,
)

__all__ = [
    "Aspect",
    "Batch",
    "BrokerRefused",
    "BrokerUnavailable",
    "Cluster",
    "CommitDelayed",
    "CommittedOffsets",
    "ConsumerGroup",
    "Delivery",
    "Difference",
    "GroupState",
    "NotKafka",
    "OnDelivered",
    "PartitionsLost",
    "PostConsumer",
    "PostProducer",
    "Topic",
    "TopicReplaced",
    "WantedTopic",
    "broker_clock",
    "differences",
    "ensure_topics",
    "probe",
    "read_topics",
    "repair",
    "require",
    "require_idempotence",
    "wanted_topics",
]
