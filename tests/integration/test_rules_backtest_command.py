"""`banwatch backtest --rules`: what a rules file would have told, and how well."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from deploy.cli import app
from deploy.processes.dashboard import services
from deploy.settings import load
from processing.contract import ClickHouseAddress
from processing.store.client import Store
from processing.store.records import write_scored_until
from tests.dashboard.pages import html, text
from tests.dashboard.pages import run as open_page
from tests.integration.test_watch import END, START, fill, talk
from tests.support.waiting import eventually

pytestmark = pytest.mark.long

RULES = """
[channels.desk]
kind = "console"

[channels.night]
kind = "console"

[[rules]]
name = "surges"
topic = "ban"
channels = ["desk"]

[[rules]]
name = "digest"
languages = ["en"]
digest = "06:00"
channels = ["night"]

[[rules]]
name = "arabic"
languages = ["ar"]
channels = ["desk"]
"""
RANGE = ["--from", "2020-07-10T11:00", "--to", "2020-07-11T02:00", "--topic", "ban"]


def environment(address: ClickHouseAddress) -> dict[str, str]:
    return {
        "BANWATCH_CLICKHOUSE_URL": address.url,
        "BANWATCH_CLICKHOUSE_DATABASE": address.database,
        "BANWATCH_CLICKHOUSE_PASSWORD": address.password.get_secret_value(),
    }


def run(address: ClickHouseAddress, *arguments: str, range_: Sequence[str] = RANGE) -> Result:
    return CliRunner().invoke(app, ["backtest", *range_, *arguments], env=environment(address))


def test_rules_are_backtested_and_scored_and_nothing_is_written(
    store: Store, address: ClickHouseAddress, tmp_path: Path
) -> None:
    fill(store, list(talk()))
    rules, truth = tmp_path / "alerts.toml", tmp_path / "truth.csv"
    rules.write_text(RULES)
    truth.write_text(
        "start,end,topic\n"
        "2020-07-10T12:00,2020-07-10T13:00,ban\n"
        "2020-07-10T12:00,2020-07-10T13:00,privacy\n"
        "2020-07-01,2020-07-02,ban\n"
    )
    printed = run(address, "--rules", str(rules), "--truth", str(truth), "--format", "json")
    assert printed.exit_code == 0, printed.output
    record = json.loads(printed.output.splitlines()[-1])  # the log stands before it
    opened = {each["channel"]: each for each in record["messages"] if each["step"] == "opened"}
    assert set(opened) == {"desk", "night"}
    assert opened["desk"]["rule"] == "surges"
    assert opened["desk"]["decided"] == opened["desk"]["due"] < "2020-07-10T12:11"
    assert opened["night"]["due"] == "2020-07-11T06:00:00Z"
    score = record["score"]
    assert (score["events"], score["incidents"], score["precision"], score["recall"]) == (2, 1, 1.0, 0.5)
    table = run(address, "--rules", str(rules)).output
    assert "desk: opened: EXTREME: ban at " in table.replace("\n", " ")
    assert "[rule surges]" in table
    for name in ("notification_versions", "delivery_versions", "spike_versions", "incident_versions"):
        assert store.query(f"SELECT count() FROM {name}") == [(0,)]


def test_the_page_counts_the_messages_that_the_command_prints(
    store: Store, address: ClickHouseAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over all that there is, as the dashboard is composed."""
    fill(store, list(talk()))
    write_scored_until(store, END)
    rules = tmp_path / "alerts.toml"
    rules.write_text(RULES)
    whole = ("--from", START.isoformat(), "--to", END.isoformat())
    printed = run(address, "--rules", str(rules), range_=whole).output
    counted = re.search(r"(\d+) messages to 2 channels .* ([\d.]+) a week", printed, re.DOTALL)
    for name, value in (environment(address) | {"BANWATCH_ALERTS_FILE": str(rules)}).items():
        monkeypatch.setenv(name, value)
    settings = load(os.environ)
    shown = open_page(settings.dashboard, services(settings), "alerts", ui="en")
    assert eventually(lambda: not shown.run().get("progress"), timedelta(minutes=5))
    written = text(html(shown))
    assert counted is not None
    assert f"All rules together{counted[1]}{float(counted[2]):.1f} a week" in written
    assert "counted from 7 Jul 2020, 12:00 to 10 Jul 2020, 20:00 UTC" in written


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--truth", "truth.csv"], "give both"),
        (["--rules", "RULES", "--write"], "leave --write out"),
        (["--rules", "RULES", "--truth", "nowhere.csv"], "cannot be read"),
    ],
)
def test_what_makes_no_sense_is_refused(
    address: ClickHouseAddress, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    rules = tmp_path / "alerts.toml"
    rules.write_text(RULES)
    refused = run(address, *(str(rules) if each == "RULES" else each for each in arguments))
    assert refused.exit_code == 2
    assert sentence in " ".join(refused.output.replace("│", " ").split())


def test_a_rules_file_with_faults_is_refused_with_their_lines(address: ClickHouseAddress, tmp_path: Path) -> None:
    rules = tmp_path / "alerts.toml"
    rules.write_text(RULES.replace('topic = "ban"', 'topic = "bam"'))
    refused = run(address, "--rules", str(rules))
    assert refused.exit_code == 1
    assert "line 10, field topic" in str(refused.exception)
