"""The embedded broker begins anew before it fills the machine's memory. Nothing is lost and nothing is counted twice.

The broker keeps every record until its process ends; its build deletes none. Above a limit, these steps empty it:

1. The sources read no more, and end once all that they have sent is counted. Each saves its cursor behind the last
   counted post.
2. The workers count what else the broker holds, until the group has committed every record.
3. The workers end, the broker ends, and all start again. The sources read on from their cursors.

If the counting takes too long, the sources go on, and the broker keeps what it holds until the next attempt. Each of
them sends again what was not counted. The next attempt therefore waits until all that the broker held is counted: with
a store that is away for long, repeated attempts would fill the memory. A kill at any line is a death of the broker, of
the workers or of the sources, which they survive: see `ingest.cursors`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from deploy.supervisor.memory import resident_memory
from deploy.supervisor.process import BROKER
from deploy.supervisor.supervisor import Supervisor
from ingest.contract import KafkaAddress
from ingest.kafka import BrokerRefused, BrokerUnavailable, ConsumerGroup, TopicReplaced
from processing.contract import MEGABYTE, BrokerState

LOOKED_AT_EVERY = 1.0

TIME_FOR_KAFKA = "It is time for Apache Kafka: set BANWATCH_KAFKA_BOOTSTRAP (docs/operations.md)."


@dataclass(frozen=True)
class RecyclePolicy:
    """`limit` is in bytes. The times are in seconds: how long the counting may take, and the pause before a retry."""

    limit: int
    counted_within: float = 120.0
    retry_after: float = 600.0


Note = Callable[[BrokerState, int], None]
"""Records the state and the memory of the broker, in bytes."""


@dataclass
class Recycling:
    """Watches the memory of the broker of one stack. All times are of the monotonic clock."""

    stack: Supervisor
    address: KafkaAddress
    group: str
    policy: RecyclePolicy
    say: Callable[[str], None]
    note: Note
    _due: float = 0.0
    """The time of the next look."""
    _emptying: _Emptying | None = None
    _failed: _Emptying | None = None
    """The last attempt, if what the broker held was not counted in time."""
    _told_streamed: bool = False

    def look(self) -> None:
        """Take the next step, if one is due. Call this often, between two looks at the children.

        Raises:
            BrokerUnavailable, BrokerRefused, NotKafka: the broker started again and does not answer as it should.
        """
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + LOOKED_AT_EVERY
        pid = self.stack.pid(BROKER)
        if self._emptying is not None:
            self._go_on(self._emptying, pid, now)
        elif pid is not None and (memory := resident_memory(pid) or 0) > self.policy.limit:
            self._begin(pid, memory, now)

    def _begin(self, pid: int, memory: int, now: float) -> None:
        if self.stack.reads_input():
            if not self._told_streamed:
                self._told_streamed = True
                self.say(f"{self._holds(memory)}, and standard input cannot be read twice. {TIME_FOR_KAFKA}")
            self.note(BrokerState.STREAMED, memory)
            self._due = now + self.policy.retry_after
            return
        if self._failed is not None and self._failed.pid == pid and not self._failed.has_caught_up():
            self.note(BrokerState.UNCOUNTED, memory)
            self._due = now + self.policy.retry_after
            return
        self.say(f"{self._holds(memory)}: sources pause until all of it is counted, and the broker begins anew.")
        self._emptying = _Emptying(pid, memory, now, self.stack.pause_sources(BROKER), self.address, self.group)

    def _go_on(self, emptying: _Emptying, pid: int | None, now: float) -> None:
        if pid != emptying.pid:
            # The broker has died meanwhile, and whatever needs it starts after it: the memory is empty already.
            self._end(emptying)
        elif self.stack.have_ended(emptying.paused) and emptying.is_counted():
            self._end(emptying)
            self.stack.start_anew(BROKER)
            seconds = time.monotonic() - emptying.since
            self.say(f"The broker has begun anew after {seconds:.0f} s, and the sources go on.")
            self.note(BrokerState.RECYCLED, emptying.memory)
        elif now - emptying.since > self.policy.counted_within:
            emptying.held = emptying.records()
            self._failed = emptying
            self._end(emptying)
            self.stack.resume(emptying.paused)
            self._due = now + self.policy.retry_after
            self.say(
                f"{self._holds(emptying.memory)}, and it was not counted within {self.policy.counted_within:.0f} s: "
                f"the workers are slow, or another program writes to Kafka. The sources go on. {TIME_FOR_KAFKA}"
            )
            self.note(BrokerState.UNCOUNTED, emptying.memory)

    def _end(self, emptying: _Emptying) -> None:
        emptying.close()
        self._emptying = None

    def close(self) -> None:
        """Close the connection to the broker before the broker ends."""
        if self._emptying is not None:
            self._emptying.close()

    def _holds(self, memory: int) -> str:
        limit = self.policy.limit // MEGABYTE
        return f"The embedded broker holds {memory // MEGABYTE:,} MB, more than its limit of {limit:,} MB"


@dataclass
class _Emptying:
    """An emptying of the broker that has begun. `paused` names the sources that wait for its end."""

    pid: int
    memory: int
    since: float
    paused: tuple[str, ...]
    address: KafkaAddress
    group: str
    held: int | None = None
    """The number of records that the broker held at the end of a failed attempt; None where it did not answer."""
    _topics: list[ConsumerGroup] = field(default_factory=list)

    def is_counted(self) -> bool:
        """Return whether the group has committed every post and every rejection.

        The rejections come last: a worker sends those of a batch before it commits the batch.
        """
        return self._sum(ConsumerGroup.lag) == 0

    def records(self) -> int | None:
        """Return the number of records that the broker holds, or None if it does not answer. It deletes none."""
        return self._sum(lambda topic: sum(topic.end_offsets().values()))

    def has_caught_up(self) -> bool:
        """Return whether the group has committed as many records as the broker held when the attempt failed."""
        committed = self._sum(lambda topic: sum(topic.committed().values()))
        self.close()
        return committed is not None and committed >= (self.held or 0)

    def _sum(self, of: Callable[[ConsumerGroup], int]) -> int | None:
        """Return a sum over the topics, or None if the broker does not answer as it should."""
        topics = (self.address, replace(self.address, posts_topic=self.address.rejected_topic))
        try:
            for topic in topics[len(self._topics) :]:
                self._topics.append(ConsumerGroup(topic, self.group))
            return sum(of(topic) for topic in self._topics)
        except (BrokerUnavailable, BrokerRefused, TopicReplaced):
            self.close()
            return None

    def close(self) -> None:
        """Close the connections to the broker."""
        while self._topics:
            self._topics.pop().close()
