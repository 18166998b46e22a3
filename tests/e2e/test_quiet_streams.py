"""A newsroom's quiet stream, played as a user plays it: its loud day is told once."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ingest.contract import encode
from tests.support.quiet_archive import LOUD, START, languages, posts
from tests.support.stacks import Installation

DAY = timedelta(days=1)
INCIDENTS = "SELECT start, detected_at, languages, verdict FROM incidents ORDER BY start"
TOLD = "SELECT step FROM deliveries WHERE reason = 'sent' AND step = 'opened'"
RULES = """
[channels.console]
kind = "console"

[[rules]]
name = "every surge of people"
channels = ["console"]
"""


def asked(own: Installation, question: str) -> list[dict[str, object]]:
    answer = own.run("sql", question, "--format", "json")
    assert answer.returncode == 0, answer.stderr
    return list(json.loads(answer.stdout)["data"])


def test_a_day_of_five_times_as_much_by_many_people_is_told_once(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, rules = tmp_path / "posts.ndjson", tmp_path / "alerts.toml"
    archive.write_bytes(b"\n".join(map(encode, posts(0.25))))
    rules.write_text(RULES)
    monkeypatch.setenv("BANWATCH_ALERTS_FILE", str(rules))
    done = installation.run("up", "--alert", "--archive", str(archive), "--until-done", "--no-dashboard")
    assert done.returncode == 0, done.stdout
    [incident] = asked(installation, INCIDENTS)
    found = datetime.fromisoformat(f"{incident['detected_at']}")
    assert START + LOUD * DAY < found.replace(tzinfo=START.tzinfo) < START + (LOUD + 1) * DAY
    assert incident["verdict"] == "organic"
    assert set(incident["languages"]) <= languages()  # type: ignore[call-overload]
    assert [each["step"] for each in asked(installation, TOLD)] == ["opened"]
