"""The topics: what banwatch wants of them, what they are, how they differ, and the change that ends a difference.

`ensure_topics` creates them, and `banwatch doctor` compares them, by the same wishes. Nothing here reduces or deletes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import ClusterAuthorizationFailedError, TopicAlreadyExistsError, TopicAuthorizationFailedError

from ingest.contract import BY_CLUSTER_SIZE, POSTS_KEPT, KafkaAddress, Replication
from ingest.kafka.admin import administer
from ingest.kafka.failures import BrokerRefused, kafka_errors, who
from ingest.kafka.probe import Cluster, require

REJECTED_KEPT = timedelta(days=30)
"""People read rejected records, weeks later, to find out why a source refuses so much."""

CLEANUP, RETENTION, IN_SYNC = "cleanup.policy", "retention.ms", "min.insync.replicas"
LARGEST = "max.message.bytes"
LEAST_LARGEST = 1_000_000
"""Bytes that the largest post takes with all that goes with it. Kafka's default is more."""
UNLIMITED = "-1"


class Aspect(StrEnum):
    """What of a topic differs. The settings have Kafka's own names."""

    TOPIC = "topic"
    PARTITIONS = "partitions"
    REPLICAS = "replicas"
    CLEANUP = CLEANUP
    RETENTION = RETENTION
    IN_SYNC = IN_SYNC
    LARGEST = LARGEST


@dataclass(frozen=True)
class WantedTopic:
    """A topic as banwatch creates it."""

    name: str
    partitions: int
    replicas: int
    settings: Mapping[str, str]


@dataclass(frozen=True)
class Topic:
    """A topic as it is. `replicas` is the lowest number of its partitions.

    `rights` are the operations that the user may do, by Kafka's names, or None where the broker does not say.
    """

    name: str
    partitions: int
    replicas: int
    settings: Mapping[str, str] = field(default_factory=dict)
    rights: frozenset[str] | None = None

    @property
    def is_hidden(self) -> bool:
        """Whether the user may not see the topic. Kafka does not say then whether the topic exists."""
        return self.rights is not None and "DESCRIBE" not in self.rights


@dataclass(frozen=True)
class Difference:
    """How a topic differs from what is wanted.

    `repairable` is whether `repair` can end it. To reduce something, or to move replicas, is for a person.
    """

    topic: str
    aspect: Aspect
    found: str
    wanted: str
    repairable: bool = True


def wanted_topics(
    address: KafkaAddress,
    cluster: Cluster,
    partitions: int,
    replication: Replication = BY_CLUSTER_SIZE,
    retention: timedelta = POSTS_KEPT,
) -> tuple[WantedTopic, ...]:
    """Return the topics that a cluster should have. The embedded broker is alone, and keeps no settings of topics.

    Kafka is a queue: ClickHouse keeps the posts. Nothing may be compacted, because progress and rejected records have
    no key, and Kafka refuses a record without a key in a compacted topic.
    """
    if cluster.memory_only:
        return WantedTopic(address.posts_topic, partitions, 1, {}), WantedTopic(address.rejected_topic, 1, 1, {})
    replicas, in_sync = replication.on(cluster.brokers)

    def settings(kept: timedelta) -> dict[str, str]:
        return {CLEANUP: "delete", RETENTION: str(kept // timedelta(milliseconds=1)), IN_SYNC: str(in_sync)}

    return (
        WantedTopic(address.posts_topic, partitions, replicas, settings(retention)),
        WantedTopic(address.rejected_topic, 1, replicas, settings(REJECTED_KEPT)),
    )


def differences(topic: Topic | None, wanted: WantedTopic) -> Iterator[Difference]:
    """Yield each difference of a topic from what is wanted. None stands for a topic that does not exist.

    What is more than wanted is no difference: more partitions, more replicas, a longer retention.
    """
    if topic is None:
        yield Difference(wanted.name, Aspect.TOPIC, "", f"{wanted.partitions}")
        return
    if topic.partitions < wanted.partitions:
        yield Difference(wanted.name, Aspect.PARTITIONS, str(topic.partitions), str(wanted.partitions))
    if topic.replicas < wanted.replicas:
        yield Difference(wanted.name, Aspect.REPLICAS, str(topic.replicas), str(wanted.replicas), repairable=False)
    for name, value in wanted.settings.items():
        found, least = topic.settings.get(name, ""), value
        if name == IN_SYNC and topic.replicas < wanted.replicas:
            # As many replicas in sync as there are would stop all producing as soon as one is away.
            least = str(min(int(value), max(1, topic.replicas - 1)))
        if found and not _satisfies(name, found, least):
            yield Difference(wanted.name, Aspect(name), found, least)
    if int(topic.settings.get(LARGEST, LEAST_LARGEST)) < LEAST_LARGEST:
        yield Difference(wanted.name, Aspect.LARGEST, topic.settings[LARGEST], str(LEAST_LARGEST))
    if int(topic.settings.get(IN_SYNC, 1)) > topic.replicas:
        found, most = topic.settings[IN_SYNC], str(topic.replicas)
        yield Difference(wanted.name, Aspect.IN_SYNC, found, f"at most {most}", repairable=False)


def _satisfies(name: str, found: str, wanted: str) -> bool:
    return found == wanted if name == CLEANUP else found == UNLIMITED or int(found) >= int(wanted)


def ensure_topics(
    address: KafkaAddress,
    partitions: int,
    replication: Replication = BY_CLUSTER_SIZE,
    retention: timedelta = POSTS_KEPT,
) -> None:
    """Create the missing topics: `partitions` partitions for posts, and one for rejected records.

    An existing topic stays unchanged, whatever it is like: `banwatch doctor` compares it with what is wanted.

    Raises:
        BrokerUnavailable: the broker does not answer.
        BrokerRefused: the broker refuses the request.
    """
    names = [address.posts_topic, address.rejected_topic]
    with kafka_errors(address), closing(administer(address)) as admin:
        present = set(admin.list_topics())
        missing = [name for name in names if name not in present]
        if missing:
            for topic in wanted_topics(address, require(address), partitions, replication, retention):
                if topic.name in missing:
                    _create(admin, topic, address)
            # Of a topic that was there, a partition without a leader keeps nobody from the others.
            admin.wait_for_topics(missing)


def _create(admin: KafkaAdminClient, topic: WantedTopic, address: KafkaAddress) -> None:
    options = {"num_partitions": topic.partitions, "replication_factor": topic.replicas}
    try:
        admin.create_topics({topic.name: options | {"configs": dict(topic.settings)}})
    except TopicAlreadyExistsError:
        return  # another process has created it in the meantime
    except (TopicAuthorizationFailedError, ClusterAuthorizationFailedError) as error:
        raise BrokerRefused(
            f"Kafka at {address.bootstrap} shows no topic {topic.name} to {who(address)} and does not let it be "
            "created. Create the topics as an administrator, and give the user the rights that docs/kafka.md lists."
        ) from error


def read_topics(address: KafkaAddress, cluster: Cluster, names: tuple[str, ...]) -> dict[str, Topic]:
    """Return those of the named topics that exist, and those that the user may not see.

    Raises:
        BrokerUnavailable: the broker does not answer.
        BrokerRefused: the broker refuses the request.
    """
    with kafka_errors(address), closing(administer(address)) as admin:
        answers = {str(each["name"]): each for each in admin.describe_topics(list(names))}
        present = {name: each for name, each in answers.items() if each["error_code"] == 0}
        settings = {} if cluster.memory_only else _settings(admin, list(present))
    denied = (name for name, each in answers.items() if each["error_code"] == TopicAuthorizationFailedError.errno)
    return {name: Topic(name, 0, 0, rights=frozenset()) for name in denied} | {
        name: Topic(
            name,
            partitions=len(each["partitions"]),
            replicas=min((len(partition["replica_nodes"]) for partition in each["partitions"]), default=0),
            settings=settings.get(name, {}),
            rights=None if cluster.memory_only else _rights(each["authorized_operations"]),
        )
        for name, each in present.items()
    }


def _settings(admin: KafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    answer = admin.describe_configs(asked, config_filter="all")["topic"]
    return {name: {key: str(each["value"]) for key, each in answer[name].items()} for name in names}


def _rights(operations: list[str] | None) -> frozenset[str] | None:
    return None if operations is None else frozenset(operations)


def repair(address: KafkaAddress, wanted: WantedTopic, difference: Difference) -> None:
    """End a repairable difference: create the topic, add partitions, or set a setting.

    Raises:
        BrokerUnavailable: the broker does not answer.
        BrokerRefused: the broker refuses the request.
    """
    with kafka_errors(address), closing(administer(address)) as admin:
        match difference.aspect:
            case Aspect.TOPIC:
                _create(admin, wanted, address)
                admin.wait_for_topics([wanted.name])
            case Aspect.PARTITIONS:
                admin.create_partitions({wanted.name: wanted.partitions})
            case aspect:
                changed = ConfigResource(ConfigResourceType.TOPIC, wanted.name, {aspect.value: difference.wanted})
                answer = admin.alter_configs([changed])["topic"][wanted.name]
                if answer != "OK":
                    raise BrokerRefused(f"Kafka at {address.bootstrap} refused to change {aspect}: {answer}.")
