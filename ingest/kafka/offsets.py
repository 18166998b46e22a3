"""The offsets of a consumer group in the posts topic."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self

import structlog
from kafka import TopicPartition
from kafka.admin import OffsetSpec

from ingest.contract import EMBEDDED_CLUSTER_ID, KafkaAddress
from ingest.kafka.admin import administer
from ingest.kafka.failures import BrokerRefused, BrokerUnavailable, TopicReplaced, kafka_errors
from ingest.kafka.tansu import TopicEnds, describe_groups

log = structlog.get_logger()

ASK_EVERY = 0.25
JOIN_WITHIN = 0.5


@dataclass(frozen=True)
class GroupState:
    """A consumer group: its state, by Kafka's name for it, and the number of its members."""

    name: str
    members: int


class ConsumerGroup:
    """The offsets of a consumer group in the posts topic. One connection serves all requests.

    Every method raises BrokerUnavailable, BrokerRefused or TopicReplaced.
    """

    def __init__(self, address: KafkaAddress, group: str) -> None:
        self._address = address
        self._group = group
        with kafka_errors(address):
            self._admin = administer(address)
            embedded = self._admin.describe_cluster()["cluster_id"] == EMBEDDED_CLUSTER_ID
            self._topic_id, self._partitions = self._describe()
        self._ends = TopicEnds(address) if embedded else None

    def committed(self) -> dict[int, int]:
        """Return the next offset to read for each partition. A partition without a commit is absent."""
        with kafka_errors(self._address):
            groups = self._admin.list_group_offsets({self._group: self._partitions})
        self._check_topic()
        return {
            partition.partition: int(committed.offset)
            for partition, committed in groups[self._group].items()
            if committed.offset >= 0
        }

    def end_offsets(self) -> dict[int, int]:
        """Return, for each partition, the offset that the next record will get."""
        latest = self._offsets(OffsetSpec.LATEST)
        return latest if self._ends is None else self._ends.behind(latest)

    def lag(self) -> int:
        """Return the number of records that the group has not committed. 0 means that every record is counted."""
        end, committed = self.end_offsets(), self.committed()
        if end.keys() != committed.keys():
            committed = self._offsets(OffsetSpec.EARLIEST) | committed
        return sum(max(0, offset - committed[partition]) for partition, offset in end.items())

    def state(self) -> GroupState | None:
        """Return the state of the group, or None if nobody has joined it yet.

        Apache Kafka makes its topic of offsets when it is first asked for a group, so it is asked for a known one only.
        """
        with kafka_errors(self._address):
            known = {group["group_id"] for group in self._admin.list_groups()} if self._ends is None else {self._group}
            if self._group not in known:
                return None
            describe = self._admin.describe_groups if self._ends is None else partial(describe_groups, self._admin)
            group = describe([self._group])[self._group]
        return GroupState(str(group["group_state"]), len(group["members"]))

    def close(self) -> None:
        self._admin.close()
        if self._ends is not None:
            self._ends.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _offsets(self, which: OffsetSpec) -> dict[int, int]:
        with kafka_errors(self._address):
            found = self._admin.list_partition_offsets(dict.fromkeys(self._partitions, which))
        self._check_topic()
        return {partition.partition: int(at.offset) for partition, at in found.items()}

    def _describe(self) -> tuple[str, list[TopicPartition]]:
        (topic,) = self._admin.describe_topics([self._address.posts_topic])
        partitions = [TopicPartition(topic["name"], each["partition_index"]) for each in topic["partitions"]]
        return str(topic["topic_id"]), partitions

    def _check_topic(self) -> None:
        """Check that the topic is unchanged.

        The call follows each read, so the offsets just read belong to this topic.
        """
        with kafka_errors(self._address):
            topic_id, self._partitions = self._describe()
        if topic_id != self._topic_id:
            raise TopicReplaced(
                f"The topic {self._address.posts_topic} at {self._address.bootstrap} was replaced: "
                "the broker lost its memory, or someone deleted the topic. Start again from the saved cursors."
            )


class CommittedOffsets:
    """Reads a group's offsets four times a second in a thread of its own.

    A broker that hangs blocks no other work.
    """

    def __init__(self, group: ConsumerGroup) -> None:
        self._group = group
        self._newest: Mapping[int, int] = {}
        self._failure: BrokerRefused | BrokerUnavailable | TopicReplaced | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, name="committed", daemon=True)
        self._thread.start()

    def newest(self) -> Mapping[int, int]:
        """Return the next offset to read for each partition, as last read.

        Raises:
            TopicReplaced: the topic has been replaced.
            BrokerRefused: the broker refuses the request.
            BrokerUnavailable: the thread that reads them has met what nobody foresaw.
        """
        if self._failure is not None:
            raise self._failure
        return self._newest

    def close(self) -> None:
        """Stop the thread. A thread that waits for a hanging broker ends with the process."""
        self._stop.set()
        self._thread.join(JOIN_WITHIN)
        if not self._thread.is_alive():
            self._group.close()

    def _ask(self) -> None:
        while not self._stop.is_set():
            try:
                self._newest = self._group.committed()
            except BrokerUnavailable as error:
                log.warning("offsets not known", reason=str(error))
            except (BrokerRefused, TopicReplaced) as failure:
                self._failure = failure
                return
            except Exception as error:  # noqa: BLE001 - without this thread its source would wait for ever
                self._failure = BrokerUnavailable(f"The committed offsets are not known: {error!r}.")
                return
            self._stop.wait(ASK_EVERY)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
