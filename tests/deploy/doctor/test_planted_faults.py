"""Faults of the settings, of this machine, of files, channels and sources, each planted in a banwatch that is well."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli import app
from deploy.doctor.clocks import judged
from deploy.doctor.finding import Status
from deploy.doctor.machine import GIB, room
from deploy.doctor.secrets import masking
from deploy.writer import kept_password
from tests.deploy.doctor.conftest import Environment, doctor
from tests.support.channels.receiver import receiving
from tests.support.channels.servers import CHANNEL, TOKEN, SlackServer
from tests.support.serving import Says, served
from tests.support.waiting import free_port

SLACK = f"""
[channels.newsroom]
kind = "slack"
channel = "{CHANNEL}"
url = "URL"

[[rules]]
name = "all"
channels = ["newsroom"]
"""


def test_with_nothing_running_it_says_what_up_would_start_and_finds_no_error(alone: Environment) -> None:
    found = doctor(alone)
    assert found.status == 0, found.printed
    assert "`banwatch up` would start the embedded broker" in found.warnings("kafka")[0]
    assert "`banwatch up` would start the embedded one" in found.warnings("clickhouse")[0]
    assert not Path(alone["BANWATCH_DATA_DIR"]).exists(), "nothing is made"
    for subject in ("settings", "sources", "alerts"):
        assert not found.errors(subject) + found.warnings(subject)


def test_all_faults_of_the_settings_are_told_at_once_and_the_rest_is_checked(alone: Environment) -> None:
    wrong = {"BANWATCH_KAFKA_PARTITIONS": "none", "BANWATCH_KAFKA_BOTSTRAP": "x", "BANWATCH_DASHBOARD_REFRESH": "often"}
    found = doctor(alone | wrong)
    assert found.status == 1
    told = found.errors("settings")
    assert len(told) == 3
    assert "Did you mean BANWATCH_KAFKA_BOOTSTRAP?" in told[0]
    assert "BANWATCH_KAFKA_PARTITIONS cannot be used" in told[1]
    assert "BANWATCH_DASHBOARD_REFRESH cannot be used" in told[2]
    assert found.said("machine", Status.OK)


def test_nobody_at_a_default_address_is_asked_instead_of_whom_a_faulty_one_means(alone: Environment) -> None:
    faulty = {"kafka": "BANWATCH_KAFKA_BOOTSTRAP", "clickhouse": "BANWATCH_CLICKHOUSE_URL"}
    found = doctor(alone | dict.fromkeys(faulty.values(), "elsewhere"))
    for subject, name in faulty.items():
        assert found.warnings(subject) == [
            f"address: Not asked, because its address cannot be used. Correct {name} first."
        ]
        assert not found.said(subject, Status.OK) + found.errors(subject)


def test_settings_that_do_not_fit_together_leave_the_sources_to_be_checked(alone: Environment) -> None:
    found = doctor(alone | {"BANWATCH_KAFKA_USER": "banwatch", "BANWATCH_KAFKA_PASSWORD": "of-the-broker"})
    assert "BANWATCH_KAFKA_SECURITY_PROTOCOL" in found.errors("settings")[0]
    assert found.said("sources", Status.OK)
    assert "of-the-broker" not in found.printed


def test_a_dashboard_that_is_open_to_all_is_an_error(alone: Environment) -> None:
    [told] = doctor(alone | {"BANWATCH_DASHBOARD_HOST": "0.0.0.0"}).errors("settings")
    assert "BANWATCH_DASHBOARD_OPERATOR_PASSWORD" in told


def test_a_folder_that_cannot_be_made_is_an_error(alone: Environment, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = doctor(alone | {"BANWATCH_DATA_DIR": str(tmp_path / "file" / "data")}).errors("machine")
    assert "cannot be made" in told[0]
    assert "BANWATCH_DATA_DIR" in told[0]


def test_a_kept_secret_that_others_can_read_is_an_error(alone: Environment) -> None:
    folder = Path(alone["BANWATCH_DATA_DIR"])
    secret = kept_password(folder).get_secret_value()
    (folder / "writer-password").chmod(0o644)
    found = doctor(alone)
    [told] = found.errors("machine")
    assert "chmod 600" in told
    assert secret not in found.printed


def test_a_port_that_another_program_holds_is_an_error(alone: Environment, listener: int) -> None:
    taken = {"BANWATCH_DASHBOARD_PORT": str(listener), "BANWATCH_METRICS_PORT": str(listener)}
    told = doctor(alone | taken).errors("machine")
    assert len(told) == 2
    assert all(f"127.0.0.1:{listener} is already in use" in each for each in told)


def test_a_port_that_another_streamlit_holds_is_a_warning(alone: Environment) -> None:
    with served(lambda _: Says()) as server:
        port = server.url.rpartition(":")[2]
        warnings = doctor(alone | {"BANWATCH_DASHBOARD_PORT": port}).warnings("machine")
    assert any(f"127.0.0.1:{port} is already in use" in each for each in warnings)


def test_a_disk_and_a_clock_are_judged_by_how_much_is_wrong() -> None:
    assert [room("disk", free, "/data").status for free in (GIB // 2, 5 * GIB, 50 * GIB)] == ["error", "warning", "ok"]
    now = datetime(2020, 7, 10, 12, 0, tzinfo=UTC)
    later = now + timedelta(seconds=9)
    assert judged("clock", "Kafka", now, now + timedelta(seconds=8), later).status is Status.OK
    assert judged("clock", "Kafka", now, later + timedelta(seconds=10), later).status is Status.WARNING
    behind = judged("clock", "Kafka", now, now - timedelta(minutes=5), later)
    assert behind.status is Status.ERROR
    assert "300 s behind" in behind.said


def test_each_fault_of_the_rules_file_is_told(alone: Environment, tmp_path: Path) -> None:
    rules = tmp_path / "alerts.toml"
    rules.write_text(SLACK.replace("URL", "https://slack.example/api") + 'topic = "bann"\nseverety = "major"\n')
    told = doctor(alone | {"BANWATCH_ALERTS_FILE": str(rules)}).errors("alerts")
    assert len(told) == 3
    assert any("the secret is missing: set BANWATCH_ALERT_SECRETS" in each for each in told)
    assert any("severety" in each for each in told)
    assert any("no topic 'bann'" in each for each in told)


@pytest.mark.parametrize(("token", "well"), [(TOKEN, True), ("t0ken-of-yesterday", False)])
def test_a_channel_is_asked_for_its_credentials_and_told_nothing(
    alone: Environment, tmp_path: Path, token: str, well: bool
) -> None:
    rules, slack = tmp_path / "alerts.toml", SlackServer()
    with receiving(slack) as receiver:
        rules.write_text(SLACK.replace("URL", receiver.url))
        secrets = json.dumps({"newsroom": {"token": token}})
        found = doctor(alone | {"BANWATCH_ALERTS_FILE": str(rules), "BANWATCH_ALERT_SECRETS": secrets})
    assert receiver.paths() == ["/auth.test"]
    assert not slack.messages
    assert token not in found.printed
    if well:
        assert "It accepts its credentials: the bot banwatch." in found.said("alerts", Status.OK)[-1]
    else:
        [told] = found.errors("alerts")
        assert "invalid_auth" in told
        assert "BANWATCH_ALERT_SECRETS" in told


def test_a_source_without_credentials_is_an_error_and_one_out_of_reach_a_warning(alone: Environment) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    secret = "a-secret-of-reddit"
    wrong = {
        "BANWATCH_REDDIT_CLIENT_ID": "id",
        "BANWATCH_REDDIT_CLIENT_SECRET": secret,
        "BANWATCH_HACKERNEWS_BASE_URL": nobody,
        "BANWATCH_TELEGRAM_POLL_EVERY": "soon",
        "BANWATCH_RSS_FEEDS": f"http://reader:{secret}@127.0.0.1:1/?key={secret}",
    }
    found = doctor(alone | wrong)
    reddit, telegram = found.errors("sources")
    assert "BANWATCH_REDDIT_USER_AGENT" in reddit
    assert "BANWATCH_TELEGRAM_POLL_EVERY" in telegram
    hackernews, rss = found.warnings("sources")
    assert f"{nobody} (Connection refused)" in hackernews
    assert "127.0.0.1:1 (Connection refused)" in rss
    assert secret not in found.printed


def test_a_secret_is_masked_wherever_an_error_quotes_it() -> None:
    masked = masking(
        {
            "BANWATCH_MASTODON_TOKENS": "one.example=token-one,two.example=token-two",
            "BANWATCH_ALERT_SECRETS": json.dumps({"hook": {"url": "https://hook.example/secret-path"}}),
            "BANWATCH_KAFKA_BOOTSTRAP": "kafka:9092",
        }
    )
    told = masked("token-two, https://hook.example/secret-path, http://reader:word@kafka:9092")
    assert told == "***, ***, http://***@kafka:9092"


def test_a_source_that_is_off_although_it_has_settings_is_told(alone: Environment) -> None:
    [told] = doctor(alone | {"BANWATCH_MASTODON_HASHTAGS": "tiktok"}).errors("sources")
    assert "BANWATCH_MASTODON_INSTANCES" in told


def test_it_prints_the_subjects_and_a_line_for_each_finding(alone: Environment) -> None:
    lines = CliRunner().invoke(app, ["doctor"], env=alone).stdout.splitlines()
    titles = [line for line in lines if line and not line.startswith(" ")]
    assert titles == ["Settings", "This machine", "Kafka", "ClickHouse", "Sources", "Alerts", lines[-1]]
    assert lines[-1].startswith("0 errors, ")
    findings = [line for line in lines if line.startswith(" ")]
    assert all(line.split()[0] in {"ok", "warning", "error"} for line in findings)
