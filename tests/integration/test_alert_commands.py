"""`banwatch alerts`: what was told is shown, and what a person answers is stored."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import Result
from typer.testing import CliRunner

from deploy.cli import app
from processing import queries
from processing.contract import ClickHouseAddress, Severity
from processing.store.client import Store
from processing.store.records import write_incidents
from tests.conftest import NOON
from tests.deploy.test_explain_command import an_incident
from tests.support.queued import Decided, decide

INCIDENT = an_incident()
HOSTILE = "newsroom\x1b[2J\u202e"


@pytest.fixture
def told(store: Store) -> None:
    """An incident that was opened to two channels and is over at one."""
    write_incidents(store, [INCIDENT])
    rows = [
        (HOSTILE, 1, "firing", "opened", "opened"),
        ("mail", 1, "firing", "opened", "opened"),
        ("mail", 2, "recovering", "", "recovering"),
        ("mail", 3, "resolved", "resolved", "resolved"),
    ]
    for channel, number, state, step, reason in rows:
        at = NOON + timedelta(minutes=number)
        row = {
            "key": f"{INCIDENT.id}/{channel}/{number}",
            "conversation": INCIDENT.id,
            "channel": channel,
            "number": number,
            "rule": "all",
            "state": state,
            "step": step,
            "growth": [],
            "reason": reason,
            "severity": "notable",
            "languages": ["en"],
            "peak": 3.0,
            "pulse": NOON,
            "due": at,
            "bundle": "",
            "at": at,
        }
        store.insert("notification_versions", list(row), [[value] for value in row.values()])
    attempt = {
        "key": f"{INCIDENT.id}/mail/1",
        "conversation": INCIDENT.id,
        "channel": "mail",
        "step": "opened",
        "attempt": 1,
        "reason": "sent",
        "latency": 0.25,
        "message_id": "<1@banwatch>",
        "detail": "250 ok",
        "at": NOON,
    }
    store.insert("delivery_versions", list(attempt), [[value] for value in attempt.values()])


def run(address: ClickHouseAddress, *arguments: str) -> Result:
    environment = {
        "BANWATCH_CLICKHOUSE_URL": address.url,
        "BANWATCH_CLICKHOUSE_DATABASE": address.database,
        "BANWATCH_CLICKHOUSE_PASSWORD": address.password.get_secret_value(),
        "COLUMNS": "300",
    }
    return CliRunner().invoke(app, ["alerts", *arguments], env=environment)


@pytest.mark.usefixtures("told")
def test_conversations_that_go_on_are_listed_and_the_others_if_asked(address: ClickHouseAddress) -> None:
    [going_on] = json.loads(run(address, "list", "--format", "json").output)
    assert (going_on["channel"], going_on["state"], going_on["step"]) == (HOSTILE, "firing", "opened")
    both = json.loads(run(address, "list", "--all", "--format", "json").output)
    assert {(each["channel"], each["state"], each["step"]) for each in both} == {
        (HOSTILE, "firing", "opened"),
        ("mail", "resolved", "resolved"),
    }
    table = run(address, "list").output
    assert INCIDENT.id in table
    assert "\x1b" not in table
    assert "\u202e" not in table


@pytest.mark.usefixtures("told")
def test_troubles_of_banwatch_itself_are_listed_below_what_is_said_of_surges(
    address: ClickHouseAddress, store: Store
) -> None:
    decide(store, Decided("rejected:<b>\x1b[2J\u202e", NOON, channel="ops"))
    surges, itself = run(address, "list").output.split("banwatch itself:")
    assert INCIDENT.id in surges
    assert "rejected:<b>" in itself
    assert "\x1b" not in itself


@pytest.mark.usefixtures("told")
def test_deliveries_are_the_proof(address: ClickHouseAddress) -> None:
    [proof] = json.loads(run(address, "deliveries", INCIDENT.id, "--format", "json").output)
    assert (proof["channel"], proof["reason"], proof["latency"], proof["message_id"]) == (
        "mail",
        "sent",
        0.25,
        "<1@banwatch>",
    )
    assert json.loads(run(address, "deliveries", "--channel", "slack", "--format", "json").output) == []
    assert "250 ok" in run(address, "deliveries").output


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize(("command", "action"), [("ack", "acknowledge"), ("resolve", "resolve")])
def test_an_answer_is_stored_with_who_and_why(
    address: ClickHouseAddress, store: Store, command: str, action: str
) -> None:
    done = run(address, command, INCIDENT.id, "--by", "Nora", "--note", "calling them")
    assert done.exit_code == 0, done.output
    answer = queries.answer_to(store, INCIDENT.id)
    assert answer is not None
    assert answer[:3] == ("Nora", "calling them", action)
    [listed] = json.loads(run(address, "list", "--format", "json").output)
    assert (listed["acknowledged_by"], listed["note"]) == ("Nora", "calling them")


@pytest.mark.usefixtures("told")
def test_an_incident_that_is_not_there_is_one_sentence(address: ClickHouseAddress, store: Store) -> None:
    refused = run(address, "ack", INCIDENT.id, "ban-nowhere")
    assert refused.exception is not None
    assert "There is no incident 'ban-nowhere'." in str(refused.exception)
    assert queries.answer_to(store, INCIDENT.id) is None


def test_a_silence_begins_is_listed_and_ends(address: ClickHouseAddress, store: Store) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    matchers = ["--topic", "ban", "--language", "ar", "--language", "en", "--severity", "major", "--channel", "mail"]
    begun = run(address, "silence", "--for", "8h", *matchers, "--by", "Nora", "--note", "known")
    assert begun.exit_code == 0, begun.output
    [silence] = queries.silences(store, before)
    assert (silence.topic, silence.languages, silence.severity) == ("ban", ("ar", "en"), Severity.MAJOR)
    assert (silence.channel, silence.by, silence.note) == ("mail", "Nora", "known")
    assert silence.starts_at >= before
    assert silence.ends_at - silence.starts_at == timedelta(hours=8)
    [listed] = json.loads(run(address, "silence", "--format", "json").output)
    assert listed["id"] == silence.id
    assert "is over" in run(address, "silence", "--end", silence.id).output
    assert run(address, "silence").output == "There is no silence.\n"


@pytest.mark.parametrize("span", ["8", "h", "0h", "-1h", "1w", "367d", "1.5h", "٨h", "99999999999d"])
def test_a_span_that_is_none_is_refused(address: ClickHouseAddress, store: Store, span: str) -> None:
    refused = run(address, "silence", "--for", span)
    assert refused.exit_code == 2
    assert queries.silences(store, NOON) == ()


def test_a_silence_that_is_not_there_cannot_end(address: ClickHouseAddress, store: Store) -> None:
    assert "There is no silence 'abc'." in str(run(address, "silence", "--end", "abc").exception)


def test_an_empty_store_says_so(address: ClickHouseAddress, store: Store) -> None:
    assert "No conversation goes on." in run(address, "list").output
    assert run(address, "deliveries").output == "Nothing was to be told yet.\n"
