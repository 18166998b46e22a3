"""How a topic differs from what is wanted, and what of it can be mended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingest.contract import KafkaAddress
from ingest.kafka import Aspect, Cluster, Topic, differences, wanted_topics

ADDRESS = KafkaAddress("127.0.0.1:9092")
SETTINGS = {"cleanup.policy": "delete", "retention.ms": "604800000", "min.insync.replicas": "2"}
THREE = Cluster("three", memory_only=False, brokers=3)
AS_WANTED = Topic("posts", 4, 3, SETTINGS)


@pytest.mark.parametrize(("brokers", "replicas", "in_sync"), [(1, 1, "1"), (2, 2, "1"), (3, 3, "2"), (9, 3, "2")])
def test_an_acknowledged_post_outlives_a_broker_where_there_are_several(
    brokers: int, replicas: int, in_sync: str
) -> None:
    for topic in wanted_topics(ADDRESS, replace(THREE, brokers=brokers), 4):
        assert (topic.replicas, topic.settings["min.insync.replicas"]) == (replicas, in_sync)


def test_the_embedded_broker_is_given_no_settings() -> None:
    posts, rejected = wanted_topics(ADDRESS, Cluster("embedded", memory_only=True, brokers=1), 4)
    assert (posts.partitions, rejected.partitions) == (4, 1)
    assert posts.settings == rejected.settings == {}


@pytest.mark.parametrize(
    "topic",
    [
        AS_WANTED,
        replace(AS_WANTED, partitions=64, replicas=5),
        replace(AS_WANTED, settings=SETTINGS | {"retention.ms": "-1"}),
        replace(AS_WANTED, settings=SETTINGS | {"retention.ms": "604800001", "min.insync.replicas": "3"}),
    ],
)
def test_what_is_more_than_wanted_is_no_difference(topic: Topic) -> None:
    assert not list(differences(topic, wanted_topics(ADDRESS, THREE, 4)[0]))


@pytest.mark.parametrize(
    ("topic", "aspect", "wanted", "repairable"),
    [
        (None, Aspect.TOPIC, "4", True),
        (replace(AS_WANTED, partitions=1), Aspect.PARTITIONS, "4", True),
        (replace(AS_WANTED, settings=SETTINGS | {"cleanup.policy": "compact"}), Aspect.CLEANUP, "delete", True),
        (replace(AS_WANTED, settings=SETTINGS | {"retention.ms": "1"}), Aspect.RETENTION, "604800000", True),
        (replace(AS_WANTED, settings=SETTINGS | {"min.insync.replicas": "1"}), Aspect.IN_SYNC, "2", True),
        (replace(AS_WANTED, settings=SETTINGS | {"max.message.bytes": "262144"}), Aspect.LARGEST, "1000000", True),
        (replace(AS_WANTED, settings=SETTINGS | {"min.insync.replicas": "4"}), Aspect.IN_SYNC, "at most 3", False),
        (
            replace(AS_WANTED, replicas=1, settings=SETTINGS | {"min.insync.replicas": "1"}),
            Aspect.REPLICAS,
            "3",
            False,
        ),
    ],
)
def test_a_difference_says_what_is_wanted_and_never_asks_for_less(
    topic: Topic | None, aspect: Aspect, wanted: str, repairable: bool
) -> None:
    [found] = differences(topic, wanted_topics(ADDRESS, THREE, 4)[0])
    assert (found.aspect, found.wanted, found.repairable) == (aspect, wanted, repairable)
