"""`banwatch alerts check` as the person who writes the rules meets it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from deploy.cli import app
from deploy.settings import SettingsError, load
from deploy.supervisor.environments import TRACES, secrets_of, told
from deploy.terminal.alert_rules import rule_book_lines
from processing.alerts.rules import Channel, RuleBook
from processing.alerts.rules_file import read_rules
from processing.alerts.settings import AlertSettings
from processing.settings import ProcessingSettings
from processing.toml_text import TomlText
from tests.processing.alerts.test_rules_file import WHOLE, HookOptions

SECRETS = '{"newsroom": {"token": "xoxb-s3cret"}}'


def check(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["alerts", "check", *arguments])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "alerts.toml"
    path.write_text(WHOLE, encoding="utf-8")
    return path


def test_the_rules_in_use_are_the_shipped_ones_until_a_setting_names_others(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = check()
    assert shipped.exit_code == 0
    assert shipped.output.splitlines() == [
        "Channel console: console, messages in en.",
        "Rule major: console hears of organic incidents of every topic of severity major or above.",
        "Rule banwatch itself: console hears of troubles of banwatch itself.",
        "Nobody hears of a channel that fails: there is no other channel.",
    ]
    monkeypatch.setenv("BANWATCH_ALERTS_FILE", str(path))
    assert check().output == check(str(path)).output != shipped.output


def test_each_channel_and_each_rule_is_one_sentence(path: Path) -> None:
    assert check(str(path)).output.splitlines() == [
        "Channel console: console, messages in en.",
        "Channel newsroom: console, messages in ar, at most 20 an hour, and the rest in a digest.",
        "Rule arabic: newsroom, console hear of organic or concentrated incidents of ban and below in ar from bluesky"
        " of severity major or above with at least 50 posts and 20 people and 2.5 times what is normal"
        " that have gone on for 10m and of silent sources; nothing is sent from 22:00 to 07:00 Europe/Berlin;"
        " gathered to one message a day at 08:00 Europe/Berlin;"
        " told again every 1h30m until somebody acknowledges or it ends.",
        "Rule rest: console hears of organic incidents of every topic of severity notable or above;"
        " gathered to one message every 15m.",
        "console hears of another channel that fails.",
    ]


def test_every_fault_is_a_line_on_standard_error_and_the_status_is_one(path: Path) -> None:
    path.write_text(WHOLE.replace('"major"', '"magor"').replace('topic = "ban"', 'topic = "bna"'), encoding="utf-8")
    refused = check(str(path))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr.splitlines() == [
        f"{path}, line 15, field topic: the taxonomy has no topic 'bna'; did you mean ban?",
        f"{path}, line 18, field severity: 'magor' is not one of notable, major, extreme; did you mean major?",
    ]


def test_what_a_file_says_steers_no_terminal(path: Path) -> None:
    path.write_text(WHOLE.replace('name = "rest"', 'name = "a\\u001b[2J"\n"b\\u001b[2J" = 1'), encoding="utf-8")
    refused = check(str(path))
    path.write_text(WHOLE.replace('name = "rest"', 'name = "a\\u001b[2J"'), encoding="utf-8")
    shown = check(str(path))
    assert (refused.exit_code, shown.exit_code) == (1, 0)
    assert "\x1b" not in refused.output + shown.output
    assert "Rule a\N{REPLACEMENT CHARACTER}[2J: " in shown.output


def test_a_secret_is_said_to_be_set_and_is_not_shown() -> None:
    book = read_rules(TomlText(WHOLE, "alerts.toml"), {}, ["ban"])
    hook = Channel("hook", "webhook", HookOptions(url="https://s3cret", token="xoxb-s3cret"))  # type: ignore[arg-type]
    lines = [*rule_book_lines(RuleBook(book.version, book.zone, {"hook": hook}, book.rules))]
    assert lines[0] == "Channel hook: webhook, messages in en, token is set, spare is not set, no rule names it."
    assert lines[-1] == "Nobody hears of a channel that fails: there is no other channel."
    several = [*rule_book_lines(RuleBook(book.version, book.zone, {"hook": hook, **book.channels}, book.rules))]
    assert several[-1].startswith("Any other channel may hear of a channel that fails")
    assert "s3cret" not in "".join(lines)


def test_a_secret_of_no_channel_is_refused_without_being_shown(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANWATCH_ALERT_SECRETS", SECRETS)
    refused = check(str(path))
    assert refused.exit_code == 1
    assert refused.stderr == f"{path}, line 8, field token: in BANWATCH_ALERT_SECRETS, there is no such field.\n"
    assert "s3cret" not in check().output


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ('{"newsroom": {"token', "BANWATCH_ALERT_SECRETS cannot be used: It is not JSON."),
        (
            '{"newsroom": {"token": 3}}',
            "BANWATCH_ALERT_SECRETS cannot be used in newsroom.token: Input should be a valid string.",
        ),
    ],
)
def test_secrets_that_cannot_be_read_are_one_sentence(
    written: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANWATCH_ALERT_SECRETS", written)
    with pytest.raises(SettingsError) as caught:
        load(os.environ)
    assert str(caught.value) == sentence


def test_the_secrets_of_channels_reach_only_the_processes_that_alert(tmp_path: Path) -> None:
    given = {"BANWATCH_ALERT_SECRETS": SECRETS, "BANWATCH_ALERTS_FILE": "alerts.toml"}
    others = told(given, tmp_path, secrets_of(ProcessingSettings))
    assert others == {"BANWATCH_ALERTS_FILE": "alerts.toml", "BANWATCH_DATA_DIR": str(tmp_path)}
    assert told(given, tmp_path, secrets_of(AlertSettings)) == others | given


def test_the_token_of_traces_reaches_only_the_process_that_sends_them(tmp_path: Path) -> None:
    given = {"OTEL_EXPORTER_OTLP_HEADERS": "authorization=token"}
    assert told(given, tmp_path).keys() == {"BANWATCH_DATA_DIR"}
    assert told(given, tmp_path, prefix=TRACES).items() >= given.items()
