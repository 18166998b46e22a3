"""`banwatch doctor` beside a banwatch that runs."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.stacks import Installation
from tests.support.waiting import eventually


def test_a_banwatch_that_runs_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installation = Installation(tmp_path / "data", writer_password=None)
    with closing(installation.start("up", "--no-sources", "--no-dashboard")) as running:
        eventually(lambda: running.children("watch"), timedelta(seconds=60))
        found = eventually(lambda: well(installation), timedelta(minutes=3))
    said = {finding["what"]: finding["said"] for section in found for finding in section["findings"]}
    assert "1 worker in the group banwatch" in said["workers' group"]
    assert "and can do nothing else" in said["reader"]


def well(installation: Installation) -> list[dict[str, list[dict[str, str]]]]:
    """The sections, once nothing is wrong but what belongs to this machine and its network."""
    ended = installation.run("doctor", "--json")
    sections = json.loads(ended.stdout)["sections"]
    asking = [
        finding
        for section in sections
        for finding in section["findings"]
        if section["subject"] not in {"machine", "sources"}
        and finding["status"] != "ok"
        and not finding["what"].startswith("disk ")
    ]
    print(*asking, sep="\n")
    return [] if asking else sections
