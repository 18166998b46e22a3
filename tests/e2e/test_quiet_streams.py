"""A newsroom's quiet stream, played as a user plays it: its loud day is told once, and its quiet days are not."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ingest.contract import encode
from tests.support.quiet_archive import LOUD, START, languages, posts
from tests.support.stacks import Installation

pytestmark = pytest.mark.long

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


def played(folder: Path, monkeypatch: pytest.MonkeyPatch, an_hour: float, *, loud: bool = True) -> Installation:
    archive = folder / "posts.ndjson"
    archive.write_bytes(b"\n".join(map(encode, posts(an_hour, loud=loud))))
    own = Installation(folder / "banwatch")
    rules = folder / "alerts.toml"
    rules.write_text(RULES)
    monkeypatch.setenv("BANWATCH_ALERTS_FILE", str(rules))
    done = own.run("up", "--alert", "--archive", str(archive), "--until-done", "--no-dashboard")
    assert done.returncode == 0, done.stdout
    return own


def asked(own: Installation, question: str) -> list[dict[str, object]]:
    answer = own.run("sql", question, "--format", "json")
    assert answer.returncode == 0, answer.stderr
    return list(json.loads(answer.stdout)["data"])


@pytest.mark.parametrize("an_hour", [0.25, 2.0])
def test_a_day_of_five_times_as_much_by_many_people_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, an_hour: float
) -> None:
    own = played(tmp_path, monkeypatch, an_hour)
    [incident] = asked(own, INCIDENTS)
    found = datetime.fromisoformat(f"{incident['detected_at']}")
    assert START + LOUD * DAY < found.replace(tzinfo=START.tzinfo) < START + (LOUD + 1) * DAY
    assert incident["verdict"] == "organic"
    assert set(incident["languages"]) <= languages()  # type: ignore[call-overload]
    assert [each["step"] for each in asked(own, TOLD)] == ["opened"]


def test_two_weeks_without_a_loud_day_are_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(played(tmp_path, monkeypatch, 1.0, loud=False), INCIDENTS) == []
