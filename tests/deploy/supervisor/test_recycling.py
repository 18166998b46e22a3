"""The recycling of the embedded broker: which parts pause, which start again, and when it is tried again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.settings import load
from deploy.supervisor.metrics import SupervisorMetrics
from deploy.supervisor.process import BROKER, ManagedProcess, ProcessSpec
from deploy.supervisor.supervisor import Supervisor
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
