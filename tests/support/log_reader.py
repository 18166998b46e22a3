"""Everything that lies in the log, for tests to look at."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import msgspec
from kafka import KafkaConsumer, TopicPartition

from ingest.contract import KafkaAddress, Post, Progress, Rejected
from ingest.kafka.codec import read

POLL_MS = 100


class LogReader:
    """Reads both topics from their beginning, outside of any group."""

    def __init__(self, address: KafkaAddress) -> None:
        self._address = address
        self._consumer = KafkaConsumer(
            bootstrap_servers=address.bootstrap, auto_offset_reset="earliest", fetch_max_wait_ms=20
        )
        topics = (address.posts_topic, address.rejected_topic)
        partitions = [TopicPartition(t, p) for t in topics for p in self._consumer.partitions_for_topic(t) or ()]
        self._consumer.assign(partitions)
        self._consumer.seek_to_beginning()
        self._posts: list[Post] = []
        self._progress: list[Progress] = []
        self._rejected: list[Rejected] = []

    def posts(self) -> list[Post]:
        """Every post and deletion so far, doubles included, in the order of each partition."""
        self._read_on()
        return self._posts

    def progress(self) -> list[Progress]:
        """Everything that was said of progress so far, once a partition."""
        self._read_on()
        return self._progress

    def rejected(self) -> list[Rejected]:
        """Everything that was rejected so far."""
        self._read_on()
        return self._rejected

    def _read_on(self) -> None:
        while found := self._consumer.poll(POLL_MS):
            for partition, records in found.items():
                for record in records:
                    if partition.topic == self._address.rejected_topic:
                        self._rejected.append(msgspec.json.decode(record.value, type=Rejected))
                    elif isinstance(message := read(record.headers, record.value), Post):
                        self._posts.append(message)
                    else:
                        self._progress.append(message)

    def close(self) -> None:
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
