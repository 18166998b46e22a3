"""The supervisor of one machine starts missing services in the data's order, restarts them, and stops them in reverse.

broker, warehouse  ->  schema, topics  ->  workers, watch, dashboard  ->  sources
"""

from __future__ import annotations

import fcntl
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event

from deploy.embedded.broker import wait_until_ready
from deploy.settings import Settings
from deploy.supervisor.endpoints import clickhouse_answers, kafka_answers
from deploy.supervisor.log_files import fresh_log
from deploy.supervisor.lost_data import lost_data
from deploy.supervisor.process import BROKER, ManagedProcess, ProcessSpec
from deploy.supervisor.restart_policy import GiveUp, RestartPolicy, died
from deploy.writer import writer
from ingest.errors import Failure
from ingest.kafka import BrokerUnavailable, NotKafka, ensure_topics
from ingest.liveness import Liveness
from processing.store.client import Store
from processing.store.migrate import migrate
from processing.store.retention import apply_retention

CHILDREN_CHECKED_EVERY = 0.1
READY_WITHIN = timedelta(seconds=60)
CANNOT_WORK = 2
"""The exit status of a process that cannot work until a person mends its cause."""

END_WITHIN = 8.0
"""Seconds in which the children must end in order. After that they are killed."""

STORE_ENDS_WITHIN = 3.0
"""Seconds that the broker and the store have at least, however long the others took: a killed store loses writes."""


class StackFailed(Failure):
    """A part does not start or does not keep running; the message names the part and quotes the end of its log."""


class EndedEarly(StackFailed):
    """A part ended before it answered."""

    def __init__(self, child: ManagedProcess) -> None:
        said = " ".join(child.last_words(3).split()) or "nothing"
        super().__init__(f"{child.part.name} {child.ending} before it answered, and said: {said}")


class AlreadyRunning(Failure):
    """Another stack runs from the same data folder."""


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Lock a data folder while the context lasts, so that two stacks never share its cursors.

    Raises:
        AlreadyRunning: another process holds the lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise AlreadyRunning(
                f"Another banwatch (process {lock.read().strip() or 'unknown'}) runs from {folder}. "
                "Stop it, or set BANWATCH_DATA_DIR to another folder."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def running(folder: Path) -> str | None:
    """Return the process id of the stack that runs from a data folder, or None. Nothing is changed."""
    try:
        with (folder / "lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return lock.read().strip() or "unknown"
    except OSError:
        return None  # no stack has ever run from it, or the folder cannot be read
    return None


@dataclass
class Supervisor:
    """The children, in the order of their start. `parts` start after `infrastructure` is ready."""

    settings: Settings
    infrastructure: Sequence[ProcessSpec]
    parts: Sequence[ProcessSpec]
    hear: Mapping[str, Callable[[str], None]]
    say: Callable[[str], None]
    policy: RestartPolicy = field(default_factory=RestartPolicy)
    liveness: Liveness = field(default_factory=Liveness)
    _children: dict[str, ManagedProcess] = field(default_factory=dict)

    @property
    def children(self) -> list[ManagedProcess]:
        """The processes that have been started."""
        return list(self._children.values())

    def start(self) -> None:
        """Start everything.

        Raises:
            StackFailed: a part does not start.
        """
        for part in self.infrastructure:
            self._start(part)
        self._prepare_log()
        self._prepare_store()
        for part in self.parts:
            self._start(part)

    def _start(self, part: ProcessSpec) -> None:
        log = fresh_log(self.settings.data_dir / "logs", part.name)
        child = ManagedProcess(part, log, self.hear.get(part.name))
        self._children[part.name] = child
        child.start()

    def _prepare_log(self) -> None:
        """Wait for Kafka, and create its topics."""
        broker, own = self._children.get(BROKER), self.settings.ingest
        try:
            wait_until_ready(own.kafka, READY_WITHIN, lambda: broker is None or broker.running)
            ensure_topics(own.kafka, own.kafka_partitions, own.replication, own.kafka_retention)
        except (BrokerUnavailable, NotKafka) as error:
            if broker is not None and not broker.running:
                raise EndedEarly(broker) from error
            raise

    def _prepare_store(self) -> None:
        """Wait for the store, and create its tables."""
        wait_for_store(self.settings, self._children.get("warehouse"))
        if "warehouse" in self._children and (lost := lost_data(writer(self.settings), self.settings.store_dir)):
            self.say(lost)
        migrate(writer(self.settings))
        with Store(writer(self.settings)) as store:
            apply_retention(store, self.settings.processing.retention)

    def watch_over(self, stop: Event, enough: Callable[[], bool], also: Callable[[], None]) -> None:
        """Keep the children running until `stop` is set or `enough` returns True. Call `also` at each look.

        Raises:
            StackFailed: a child keeps dying.
        """
        while not stop.is_set() and not enough():
            for child in self.children:
                self._look_at(child)
            self.liveness.turned(ready=True)
            also()
            stop.wait(CHILDREN_CHECKED_EVERY)

    def _look_at(self, child: ManagedProcess) -> None:
        child.bound_log()
        now = time.monotonic()
        if child.running or child.finished or child.given_up:
            return
        if child.due is not None:
            if now >= child.due:
                self._start_again(child, self._dependants(child.part.name))
            return
        if child.status == CANNOT_WORK:
            sentence = f"{child.part.name} does not run. {child.last_words(1)}"
            if not child.part.expendable:
                raise StackFailed(sentence)
            self._go_on_without(child, sentence)
            return
        match died(self.policy, child.deaths, now):
            case GiveUp(deaths):
                sentence = (
                    f"{child.part.name} died {deaths} times within {self.policy.window:.0f} s "
                    f"and {child.ending}. The end of {child.log}:\n{child.last_words()}"
                )
                if not child.part.expendable:
                    raise StackFailed(sentence)
                self._go_on_without(child, sentence)
            case restart:
                self.say(f"{child.part.name} {child.ending}; starting it again (see {child.log})")
                child.due = restart.at

    def _go_on_without(self, child: ManagedProcess, sentence: str) -> None:
        child.given_up = True
        self.say(f"{sentence}\nEverything else goes on; start banwatch again once that is mended.")

    def _dependants(self, name: str) -> list[ManagedProcess]:
        return [other for other in self._children.values() if name in other.part.needs and not other.given_up]

    def _start_again(self, child: ManagedProcess, dependants: Sequence[ManagedProcess]) -> None:
        for other in dependants:
            other.end(patience=2.0)
            other.due = math.inf  # it starts again after the part that it needs
        child.start()
        if not dependants:
            return
        # Only the broker has dependants. The store keeps its tables, and the processes that need it wait for it.
        try:
            self._prepare_log()
        except EndedEarly:
            return  # the next check finds the broker dead again and decides
        for other in dependants:
            other.start()

    def pid(self, name: str) -> int | None:
        """Return the process id of a part; None while it does not run, or where the stack has no such part."""
        child = self._children.get(name)
        return None if child is None else child.pid

    def reads_input(self) -> bool:
        """Return whether a running part reads this process's standard input, which nobody can read again."""
        return any(child.part.hears_input and child.running for child in self._children.values())

    def pause_sources(self, name: str) -> tuple[str, ...]:
        """Ask the unfinished sources that need the part `name` to end once all that they have sent is counted.

        Return their names. They stay ended until `resume` or `start_anew`, also one that waits for its next start.
        """
        unfinished = [child for child in self._dependants(name) if child.part.is_source and not child.finished]
        for child in unfinished:
            child.due = math.inf
            child.ask_to_pause()
        return tuple(child.part.name for child in unfinished)

    def have_ended(self, names: Sequence[str]) -> bool:
        """Return whether these parts have ended."""
        return not any(self._children[name].running for name in names)

    def resume(self, names: Sequence[str]) -> None:
        """Start paused parts again, whether they have ended or not."""
        for name in names:
            self._children[name].end(patience=END_WITHIN)
            self._children[name].start()

    def start_anew(self, name: str) -> None:
        """End a part and all that need it, in the reverse order of their start, and start them again.

        A part that has finished stays so: what it sent is counted.

        Raises:
            BrokerUnavailable, BrokerRefused, NotKafka: the broker started and does not answer as it should.
        """
        dependants = [child for child in self._dependants(name) if not child.finished]
        for other in reversed(dependants):
            other.end(patience=END_WITHIN)
        self._children[name].end(patience=END_WITHIN)
        self._start_again(self._children[name], dependants)

    def finished(self, names: Sequence[str]) -> bool:
        """Return whether these parts have ended with their work done."""
        return all(self._children[name].finished for name in names)

    def stop(self) -> None:
        """End everything in reverse order, within about `END_WITHIN` seconds, and `STORE_ENDS_WITHIN` more for each
        part of the infrastructure."""
        deadline = time.monotonic() + END_WITHIN
        stages = self.children
        for part in self.parts:
            if part.name in self._children:
                self._children[part.name].ask_to_end()
        for child in reversed(stages):
            if child.part in self.infrastructure:
                child.ask_to_end()
                child.reap(max(deadline, time.monotonic() + STORE_ENDS_WITHIN))
            else:
                child.reap(deadline)


def wait_for_store(settings: Settings, warehouse: ManagedProcess | None) -> None:
    """Wait until a store answers, while the given `warehouse` process runs.

    Raises:
        PortTaken, OutOfReach: the address cannot be used.
        StackFailed: the store did not answer in time, or its process ended.
    """
    deadline = time.monotonic() + READY_WITHIN.total_seconds()
    while not clickhouse_answers(settings.processing.clickhouse_url):
        if warehouse is not None and not warehouse.running:
            raise EndedEarly(warehouse)
        if time.monotonic() > deadline:
            said = "" if warehouse is None else f" The end of {warehouse.log}:\n{warehouse.last_words()}"
            raise StackFailed(f"The store has not answered within {READY_WITHIN.total_seconds():g} s.{said}")
        time.sleep(CHILDREN_CHECKED_EVERY)


def missing(settings: Settings) -> tuple[bool, bool]:
    """Return whether a broker, and whether a store, must be started.

    Raises:
        PortTaken, OutOfReach: an address cannot be used.
    """
    return not kafka_answers(settings.ingest.kafka), not clickhouse_answers(settings.processing.clickhouse_url)
