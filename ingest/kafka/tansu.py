"""The differences of Tansu 0.6.0, the embedded broker, from Apache Kafka, and banwatch's answers to them.

Nothing here is used with another broker.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.protocol.admin import DescribeGroupsRequest

from ingest.contract import KafkaAddress
from ingest.kafka.connection import client_arguments
from ingest.kafka.failures import BrokerUnavailable, kafka_errors

POLLS = 100
POLL_MS = 100

SESSION_TIMEOUT_MS = 3_000
"""A group member leaves without a message, so the broker has to notice its silence soon.

A member may announce that it leaves while the group is being rebalanced. Tansu then keeps it as the group's leader for
ever, and no member gets a partition again. Tansu always replaces a silent member within seven seconds. It never lets a
member in that has a name of its own (static membership).
"""

FETCH_WAIT_MS = 500
"""The longest wait of a fetch, within which Tansu must also find the records.

For each fetch, Tansu looks through all batches of a partition: it takes more than 20 ms for 130,000 batches in four
partitions, and more than 100 for 600,000. A fetch whose wait is over by then returns nothing, and the reader stands
still for ever. A long wait does not delay records that are there. New ones are found after half of it at the latest.
"""

LINGER_MS = 250
"""How long a producer gathers posts for a batch. Batches cost Tansu a kilobyte each, and time in every fetch."""

LONGEST_WRITE = timedelta(days=1)
"""The longest time between two polls of a member. One that is slower would announce that it leaves."""


def describe_groups(admin: KafkaAdminClient, groups: list[str]) -> dict[str, Any]:
    """Return what the library's method of this name returns.

    The method asks for the operations that the user may do. Tansu answers with bits of operations that there are not,
    and the library fails at them.
    """
    manager = admin._manager  # noqa: SLF001 - the library has no public way to send this request alone
    answer = manager.run(manager.send, DescribeGroupsRequest(groups=groups, include_authorized_operations=False))
    return {group.group_id: group.to_dict() for group in answer.groups}


class TopicEnds:
    """Finds the end offsets of the posts topic by reading the last batch of each partition.

    Tansu returns a wrong latest offset: the first record of the last batch, plus one. With a hundred posts in one
    batch, it returns 1. A lag computed from this offset would be zero long before every record is read.
    """

    def __init__(self, address: KafkaAddress) -> None:
        self._address = address
        self._reader: KafkaConsumer | None = None

    def behind(self, latest: Mapping[int, int]) -> dict[int, int]:
        """Return, for each partition, the offset that the next record will get. `latest` holds Tansu's wrong offsets.

        Raises:
            BrokerUnavailable: the broker does not answer.
            BrokerRefused: the broker refuses the request.
        """
        ends = {partition: 0 for partition, offset in latest.items() if offset == 0}
        topic = self._address.posts_topic
        with kafka_errors(self._address):
            reader = self._reader = self._reader or self._open_reader()
            reader.assign([TopicPartition(topic, partition) for partition in latest])
            for partition in latest.keys() - ends.keys():
                reader.seek(TopicPartition(topic, partition), latest[partition] - 1)
            for _ in range(POLLS):
                if ends.keys() == latest.keys():
                    return ends
                for partition, records in reader.poll(POLL_MS).items():
                    ends[partition.partition] = records[-1].offset + 1
        raise BrokerUnavailable(f"The broker at {self._address.bootstrap} did not show the end of the topic {topic}.")

    def close(self) -> None:
        """Close the connection, if one was opened."""
        if self._reader is not None:
            self._reader.close()

    def _open_reader(self) -> KafkaConsumer:
        return KafkaConsumer(
            **client_arguments(self._address),
            client_id="banwatch-watch",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            max_poll_records=1_000_000,
            metrics_enabled=False,
        )
