"""`banwatch alerts test`: a channel is told once, or its answer is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from deploy.cli import app
from tests.support.serving import Asked, Says, served

RULES = """
[channels.hook]
kind = "webhook"
language = "ar"

[[rules]]
name = "all"
channels = ["hook"]
"""


def run(folder: Path, url: str, channel: str) -> Result:
    rules = folder / "alerts.toml"
    rules.write_text(RULES)
    secrets = {"hook": {"url": f"{url}/secret-path", "signing_key": "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"}}
    environment = {"BANWATCH_ALERTS_FILE": str(rules), "BANWATCH_ALERT_SECRETS": json.dumps(secrets)}
    return CliRunner().invoke(app, ["alerts", "test", channel], env=environment)


def test_a_channel_that_takes_it_is_said_to_be_told(tmp_path: Path) -> None:
    with served(lambda asked: Says(b"{}")) as hook:
        told = run(tmp_path, hook.url, "hook")
    assert told.exit_code == 0, told.exception
    assert "hook was told." in told.output
    [asked] = hook.asked
    assert asked.path == "/secret-path"
    assert asked.headers["webhook-id"].startswith("test:hook:")


@pytest.mark.parametrize(("status", "outcome"), [(401, "auth"), (410, "refused"), (500, "retry")])
def test_what_the_channel_answers_is_one_sentence_without_secrets(tmp_path: Path, status: int, outcome: str) -> None:
    def answer(asked: Asked) -> Says:
        return Says(b"no", status)

    with served(answer) as hook:
        told = run(tmp_path, hook.url, "hook")
        assert told.exit_code == 1
        assert f"hook was not told ({outcome})." in str(told.exception)
        assert "secret-path" not in str(told.exception)
        assert len(hook.asked) == 1


def test_a_channel_that_is_not_there_is_refused(tmp_path: Path) -> None:
    refused = run(tmp_path, "http://127.0.0.1:9", "desk")
    assert refused.exit_code == 2
    assert "'desk' is no channel" in " ".join(refused.output.replace("│", " ").split())
