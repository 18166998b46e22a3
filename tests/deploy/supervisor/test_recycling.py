"""The recycling of the embedded broker: which parts pause, which start again, and when it is tried again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from deploy.settings import load
from deploy.supervisor.metrics import SupervisorMetrics
from deploy.supervisor.process import BROKER, ManagedProcess, ProcessSpec
from deploy.supervisor.recycling import RecyclePolicy, Recycling
from deploy.supervisor.supervisor import Supervisor
from ingest.contract import KafkaAddress
from ingest.kafka import PostConsumer, PostProducer, ensure_topics
from processing.contract import BrokerState
from tests.conftest import a_post
from tests.support import brokers
from tests.support.metered import metered
from tests.support.waiting import eventually

SOURCES = ("archive", "alive", "dead")


def part(name: str, command: str) -> ProcessSpec:
    return ProcessSpec(
        name,
        ("/bin/sh", "-c", command),
        {},
        () if name == BROKER else (BROKER,),
        finishes=name == "archive",
        is_source=name in SOURCES,
    )


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    """A stack of processes that sleep, without Kafka. The archive has finished, and `dead` waits for its restart."""
    monkeypatch.setenv("BANWATCH_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(Supervisor, "_prepare_log", lambda self: None)
    commands = {BROKER: "exec sleep 60", "worker-1": "exec sleep 60", "archive": "", "alive": "exec sleep 60"}
    parts = [part(name, command) for name, command in (commands | {"dead": "exit 1"}).items()]
    stack = Supervisor(load({"BANWATCH_DATA_DIR": str(tmp_path)}), (), parts, {}, lambda _: None)
    for each in parts:
        stack._start(each)
    eventually(lambda: stack.finished(["archive"]) and stack.pid("dead") is None)
    stack._children["dead"].due = time.monotonic()
    yield stack
    stack.stop()


def test_a_source_that_waits_for_its_restart_is_paused_too_and_a_finished_one_is_not(stack: Supervisor) -> None:
    names = stack.pause_sources(BROKER)
    assert names == ("alive", "dead")
    eventually(lambda: stack.have_ended(names))
    for child in stack.children:
        stack._look_at(child)
    assert stack.have_ended(names)
    running = metered(SupervisorMetrics(lambda: stack.children))
    assert {running[f"banwatch_up_running,{name}"] for name in SOURCES} == {1}
    stack.resume(names)
    assert [stack._children[name].starts for name in SOURCES] == [1, 2, 2]


def test_the_parts_end_in_reverse_and_a_finished_archive_is_not_played_again(
    stack: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, end = list[str](), ManagedProcess.end

    def noted(self: ManagedProcess, patience: float) -> None:
        if self.pid is not None:
            ended.append(self.part.name)
        end(self, patience)

    monkeypatch.setattr(ManagedProcess, "end", noted)
    stack.start_anew(BROKER)
    assert ended == ["alive", "worker-1", BROKER]
    assert {child.part.name: child.starts for child in stack.children} == {
        BROKER: 2,
        "worker-1": 2,
        "archive": 1,
        "alive": 2,
        "dead": 2,
    }


class StackOfNone:
    """The doors of a stack that the recycling uses. Its broker is this process, and its sources end at once."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def pid(self, name: str) -> int:
        return os.getpid()

    def reads_input(self) -> bool:
        return False

    def have_ended(self, names: tuple[str, ...]) -> bool:
        return True

    def pause_sources(self, name: str) -> tuple[str, ...]:
        self.calls.append("pause")
        return ()

    def resume(self, names: tuple[str, ...]) -> None:
        self.calls.append("resume")

    def start_anew(self, name: str) -> None:
        self.calls.append("start anew")


def test_sources_pause_again_only_when_what_a_failed_attempt_left_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.supervisor.recycling.LOOKED_AT_EVERY", 0.0)
    stack, states = StackOfNone(), list[BrokerState]()
    with brokers.tansu() as broker:
        address = KafkaAddress(broker.bootstrap)
        ensure_topics(address, 2)
        policy = RecyclePolicy(limit=0, counted_within=0.0, retry_after=0.0)
        recycling = Recycling(
            cast(Supervisor, stack), address, "workers", policy, lambda _: None, lambda state, _: states.append(state)
        )
        with PostProducer(address) as producer, PostConsumer(address, "workers") as consumer:
            for number in range(10):
                producer.send(a_post(id=str(number)), lambda _: None)
            producer.flush(timedelta(seconds=20))
            for _ in range(4):
                recycling.look()
            assert stack.calls == ["pause", "resume"]
            assert states == [BrokerState.UNCOUNTED] * 3
            read = 0
            while read < 10:
                batch = consumer.poll(timedelta(seconds=1), 100)
                consumer.commit(batch)
                read += len(batch.posts)
            for _ in range(2):
                recycling.look()
        assert stack.calls == ["pause", "resume", "pause", "start anew"]
        assert states[-1] == BrokerState.RECYCLED
