"""How far a consumer group has come in the log."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import OffsetSpec

from ingest.contract import EMBEDDED_CLUSTER_ID, KafkaAddress
from ingest.kafka.admin import BrokerUnavailable, LogLost, administer, kafka_errors

POLLS = 100
POLL_MS = 100


class ConsumerGroup:
    """How far a consumer group has come in the posts topic, over one connection that may be asked every second.

    Every method raises BrokerUnavailable, BrokerRefused or LogLost.
    """

    def __init__(self, address: KafkaAddress, group: str) -> None:
        self._address = address
        self._group = group
        with kafka_errors(address):
            self._admin = administer(address)
            self._embedded = self._admin.describe_cluster()["cluster_id"] == EMBEDDED_CLUSTER_ID
            self._topic_id, self._partitions = self._describe()
        self._reader: KafkaConsumer | None = None

    def committed(self) -> dict[int, int]:
        """The next offset to read, by partition; a partition that nobody has committed yet is absent."""
        with kafka_errors(self._address):
            groups = self._admin.list_group_offsets({self._group: self._partitions})
        self._check_topic()
        return {
            partition.partition: int(committed.offset)
            for partition, committed in groups[self._group].items()
            if committed.offset >= 0
        }

    def end_offsets(self) -> dict[int, int]:
        """The offset that the next record will get, by partition."""
        latest = self._offsets(OffsetSpec.LATEST)
        return self._read_to_end(latest) if self._embedded else latest

    def lag(self) -> int:
        """How many records the group has still to commit. 0: everything written is counted."""
        end, committed = self.end_offsets(), self.committed()
        if end.keys() != committed.keys():
            committed = self._offsets(OffsetSpec.EARLIEST) | committed
        return sum(max(0, offset - committed[partition]) for partition, offset in end.items())

    def close(self) -> None:
        self._admin.close()
        if self._reader is not None:
            self._reader.close()

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

    def _read_to_end(self, latest: dict[int, int]) -> dict[int, int]:
        """Find the ends by reading the last batch of each partition.

        Tansu 0.6.0 answers the question for the latest offset with the first record of the last batch, plus
        one: with a hundred posts in one batch, 1. A lag computed from that would be zero long before it is.
        """
        ends = {partition: 0 for partition, offset in latest.items() if offset == 0}
        topic = self._address.posts_topic
        with kafka_errors(self._address):
            reader = self._reader = self._reader or self._open_reader()
            reader.assign(self._partitions)
            for partition in latest.keys() - ends.keys():
                reader.seek(TopicPartition(topic, partition), latest[partition] - 1)
            for _ in range(POLLS):
                if ends.keys() == latest.keys():
                    return ends
                for partition, records in reader.poll(POLL_MS).items():
                    ends[partition.partition] = records[-1].offset + 1
        raise BrokerUnavailable(f"The broker at {self._address.bootstrap} did not show the end of the topic {topic}.")

    def _open_reader(self) -> KafkaConsumer:
        return KafkaConsumer(
            bootstrap_servers=self._address.bootstrap.split(","),
            client_id="banwatch-watch",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
            fetch_max_wait_ms=20,
            max_poll_records=1_000_000,
            metrics_enabled=False,
        )

    def _describe(self) -> tuple[str, list[TopicPartition]]:
        (topic,) = self._admin.describe_topics([self._address.posts_topic])
        partitions = [TopicPartition(topic["name"], each["partition_index"]) for each in topic["partitions"]]
        return str(topic["topic_id"]), partitions

    def _check_topic(self) -> None:
        """Called behind a read: offsets read before the topic was seen unchanged belong to it."""
        with kafka_errors(self._address):
            topic_id, self._partitions = self._describe()
        if topic_id != self._topic_id:
            raise LogLost(
                f"The topic {self._address.posts_topic} at {self._address.bootstrap} was replaced: "
                "the broker lost its memory, or someone deleted the topic. Start again from the saved cursors."
            )
