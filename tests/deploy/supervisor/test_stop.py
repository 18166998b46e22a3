"""The end of a stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.settings import load
from deploy.supervisor.process import ProcessSpec
from deploy.supervisor.supervisor import Supervisor
from tests.support.waiting import eventually


def test_a_part_that_does_not_end_leaves_the_store_time_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.supervisor.supervisor.END_WITHIN", 0.0)
    monkeypatch.setattr("deploy.supervisor.supervisor.STORE_ENDS_WITHIN", 30.0)
    path = {"PATH": "/usr/bin:/bin"}
    written = "trap 'sleep 0.2; touch written; exit 0' TERM; touch ready; while :; do sleep 0.05; done"
    store = ProcessSpec("warehouse", ("/bin/sh", "-c", f"cd {tmp_path}; {written}"), path)
    part = ProcessSpec(
        "claims", ("/bin/sh", "-c", f"trap '' TERM; touch {tmp_path}/deaf; while :; do sleep 1; done"), path
    )
    stack = Supervisor(load({"BANWATCH_DATA_DIR": str(tmp_path)}), (store,), (part,), {}, lambda _: None)
    for each in (store, part):
        stack._start(each)
    eventually(lambda: (tmp_path / "ready").exists() and (tmp_path / "deaf").exists())
    stack.stop()
    assert (tmp_path / "written").exists()
    assert [child.status for child in stack.children] == [0, -9]
