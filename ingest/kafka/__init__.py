"""Kafka: the producer and the consumer of the topic `posts`. Nothing outside this package imports kafka."""

from ingest.kafka.admin import BrokerRefused, BrokerUnavailable, Cluster, LogLost, NotKafka, ensure_topics, probe
from ingest.kafka.consumer import Batch, PartitionsLost, PostConsumer
from ingest.kafka.offsets import ConsumerGroup
from ingest.kafka.producer import Delivery, OnDelivered, PostProducer

__all__ = [
    "Batch",
    "BrokerRefused",
    "BrokerUnavailable",
    "Cluster",
    "ConsumerGroup",
    "Delivery",
    "LogLost",
    "NotKafka",
    "OnDelivered",
    "PartitionsLost",
    "PostConsumer",
    "PostProducer",
    "ensure_topics",
    "probe",
]
