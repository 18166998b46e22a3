"""Each alert on banwatch itself fires when it should and not otherwise, by Prometheus' own checker."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT
from tests.support import promtool

pytestmark = pytest.mark.long

RULES = ROOT / "deploy" / "prometheus" / "banwatch.rules.yml"
SCRAPES = ROOT / "deploy" / "prometheus" / "up.yml"
HOUR = "+0x60"
"""A value that stays for an hour of minutes."""


@dataclass(frozen=True)
class Case:
    """Series at which an alert fires after half an hour, and others at which it does not."""

    alert: str
    fires: dict[str, str]
    rests: dict[str, str]


WATERMARK = "banwatch_watch_watermark_timestamp_seconds"
POST = 'banwatch_source_last_post_timestamp_seconds{source="%s"}'
CASES = (
    Case("BanwatchProcessDown", {'up{job="banwatch"}': f"0{HOUR}"}, {'up{job="other"}': f"0{HOUR}"}),
    Case(
        "BanwatchProcessDied",
        {'banwatch_up_running{child="broker"}': f"0{HOUR}"},
        {'banwatch_up_running{child="broker"}': f"1{HOUR}"},
    ),
    Case(
        "BanwatchLoopStuck",
        {'banwatch_loop_still_seconds{loop="watch"}': "0+60x60"},
        {'banwatch_loop_still_seconds{loop="watch"}': f"90{HOUR}"},
    ),
    Case(
        "BanwatchRestarts",
        {'banwatch_up_restarts_total{child="watch"}': "0+1x60"},
        {'banwatch_up_restarts_total{child="watch"}': f"9{HOUR}"},
    ),
    Case("BanwatchNoWorker", {}, {"banwatch_worker_assigned_partitions": f"4{HOUR}"}),
    Case("BanwatchNoWorker", {"banwatch_worker_assigned_partitions": f"0{HOUR}"}, {}),
    Case("BanwatchNoWatch", {}, {'banwatch_loop_still_seconds{loop="watch"}': f"1{HOUR}"}),
    Case("BanwatchLag", {"banwatch_worker_lag_seconds": f"121{HOUR}"}, {"banwatch_worker_lag_seconds": f"3{HOUR}"}),
    Case(
        "BanwatchStoreAway",
        {'banwatch_store_failures_total{failure="unavailable",process="worker"}': "0+1x60"},
        {
            'banwatch_store_failures_total{failure="unavailable",process="worker"}': f"7{HOUR}",
            'banwatch_store_failures_total{failure="unavailable",process="dashboard"}': "0+1x60",
        },
    ),
    Case(
        "BanwatchStoreRefuses",
        {'banwatch_store_failures_total{failure="damaged",process="worker"}': "0+1x60"},
        {'banwatch_store_failures_total{failure="refused",process="dashboard"}': "0+1x60"},
    ),
    Case(
        "BanwatchRejects",
        {
            'banwatch_worker_rejected_total{kind="unreadable"}': "0+2x60",
            'banwatch_worker_records_total{kind="post"}': "0+100x60",
        },
        {
            'banwatch_worker_rejected_total{kind="unreadable"}': "0+1x60",
            'banwatch_worker_records_total{kind="post"}': "0+1000x60",
        },
    ),
    Case(
        "BanwatchSourceSilent",
        {'banwatch_source_state{source="rss",state="silent"}': f"1{HOUR}"},
        {'banwatch_source_state{source="rss",state="listening"}': f"1{HOUR}"},
    ),
    Case(
        "BanwatchSourceRejects",
        {
            'banwatch_source_rejected_total{source="rss"}': "0+10x60",
            'banwatch_source_posts_total{source="rss"}': "0+90x60",
        },
        {
            'banwatch_source_rejected_total{source="rss"}': "0+1x60",
            'banwatch_source_posts_total{source="rss"}': "0+99x60",
        },
    ),
    Case(
        "BanwatchWatchBehind",
        {WATERMARK: f"7200{HOUR}", "banwatch_watch_scored_until_timestamp_seconds": f"3600{HOUR}"},
        {WATERMARK: f"7200{HOUR}", "banwatch_watch_scored_until_timestamp_seconds": f"6900{HOUR}"},
    ),
    # The checker's clock begins at 0. The watermark lies before it by an hour, while posts come each minute.
    Case(
        "BanwatchStale",
        {WATERMARK: f"-3600{HOUR}", POST % "rss": "0+60x60"},
        {WATERMARK: f"-3600{HOUR}", POST % "archive-1": "0+60x60"},
    ),
    Case(
        "BanwatchChannelFails",
        {"banwatch_alerts_failing_channels": f"1{HOUR}"},
        {"banwatch_alerts_failing_channels": f"0{HOUR}"},
    ),
    Case(
        "BanwatchUndelivered",
        {"banwatch_alerts_waiting_notifications": f"101{HOUR}"},
        {"banwatch_alerts_waiting_notifications": f"9{HOUR}"},
    ),
    Case(
        "BanwatchDiskFills",
        {"banwatch_warehouse_disk_free_bytes": f"9{HOUR}", "banwatch_warehouse_disk_size_bytes": f"100{HOUR}"},
        {"banwatch_warehouse_disk_free_bytes": f"11{HOUR}", "banwatch_warehouse_disk_size_bytes": f"100{HOUR}"},
    ),
    Case(
        "BanwatchQueriesStuck",
        {'banwatch_warehouse_stuck_queries{user="reader"}': f"1{HOUR}"},
        {'banwatch_warehouse_stuck_queries{user="reader"}': f"0{HOUR}"},
    ),
)


@pytest.fixture(scope="module")
def checker() -> str:
    if reason := promtool.missing():
        pytest.skip(reason)
    return str(promtool.path())


def run(checker: str, *arguments: str) -> str:
    """Run the checker, which must find no fault. Return what it says."""
    done = subprocess.run([checker, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def expectation(alert: str, series: dict[str, str], firing: int) -> dict[str, object]:
    """One case, in the checker's form: how many alerts of a name fire after 35 minutes."""
    fires = f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) or vector(0)'
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {"expr": fires, "eval_time": "35m", "exp_samples": [{"labels": "{}", "value": firing}]},
        ],
    }


def test_each_alert_fires_when_it_should_and_not_otherwise(checker: str, tmp_path: Path) -> None:
    rules = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    assert {rule["alert"] for group in rules for rule in group["rules"]} == {case.alert for case in CASES}
    tests = [
        expectation(case.alert, series, firing)
        for case in CASES
        for series, firing in ((case.fires, 1), (case.rests, 0))
        if series or firing
    ]
    file = tmp_path / "cases.yml"
    file.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}))
    assert "SUCCESS" in run(checker, "test", "rules", str(file))


def test_the_configuration_for_a_whole_stack_is_one(checker: str) -> None:
    assert "SUCCESS" in run(checker, "check", "config", str(SCRAPES))
