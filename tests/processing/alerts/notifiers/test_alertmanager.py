"""Alertmanager: an alert in the documented form that ends by itself unless it is sent again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import jsonschema
import pytest

from processing.alerts.notification import Notification, Outcome, Step
from processing.alerts.notifiers.alertmanager import AlertmanagerOptions, open_alertmanager
from processing.troubles import TroubleSeverity
from tests.support.channels.kinds import alertmanager
from tests.support.channels.messages import AT, INCIDENT_ID, PAGE, a_notification, a_trouble, an_incident
from tests.support.channels.receiver import receiving
from tests.support.channels.schemas import ALERTMANAGER
from tests.support.channels.servers import TOKEN, AlertmanagerServer

NOW = AT + timedelta(hours=1)


def alerts(*notifications: Notification, now: datetime = NOW, **options: Any) -> list[dict[str, Any]]:
    """What an Alertmanager holds after these."""
    held = AlertmanagerServer()
    with receiving(held) as server:
        given = AlertmanagerOptions(**{"url": server.url, "token": TOKEN} | options)
        channel = open_alertmanager("desk", given, lambda: now)
        for notification in notifications:
            assert channel.notify(notification).outcome is Outcome.SENT
        for received in server.received:
            jsonschema.validate(received.json, ALERTMANAGER)
    return list(held.alerts.values())


@pytest.mark.parametrize("step", list(Step))
def test_every_step_has_the_documented_form(step: Step) -> None:
    assert len(alerts(a_notification(step))) == 1
    assert len(alerts(a_notification(step, incident=None, conversation="source:bluesky"))) == 1


def test_what_goes_on_ends_three_intervals_ahead() -> None:
    channel = alertmanager("http://127.0.0.1:9")
    (alert,) = alerts(a_notification())

    assert channel.resend_every == timedelta(minutes=1)
    assert alert["startsAt"] == "2026-07-10T12:00:00Z"
    assert alert["endsAt"] == "2026-07-10T13:03:00Z"


def test_steps_of_a_conversation_are_one_alert_that_ends_at_its_end() -> None:
    ended = an_incident(end=AT + timedelta(minutes=40))
    (alert,) = alerts(
        a_notification(),
        a_notification(Step.GREW, incident=an_incident(observed=900)),
        a_notification(Step.RESOLVED, incident=ended),
    )

    assert alert["labels"] == {"alertname": "BanwatchIncident", "conversation": INCIDENT_ID, "topic": "ban"}
    assert alert["endsAt"] == "2026-07-10T12:40:00Z"
    assert alert["generatorURL"] == PAGE


@pytest.mark.parametrize("end", [None, NOW + timedelta(hours=5)])
def test_an_end_that_is_not_known_or_lies_ahead_is_now(end: datetime | None) -> None:
    (alert,) = alerts(a_notification(Step.RESOLVED, incident=an_incident(end=end)))

    assert alert["endsAt"] == "2026-07-10T13:00:00Z"


def test_no_alert_ends_before_it_begins() -> None:
    (alert,) = alerts(a_notification(), now=AT - timedelta(hours=2))

    assert alert["startsAt"] <= alert["endsAt"]


def test_a_trouble_of_banwatch_itself_is_one_alert_of_its_own_name() -> None:
    grown = a_trouble(Step.GREW, severity=TroubleSeverity.CRITICAL, value=0.01)
    (alert,) = alerts(a_trouble(), grown, a_trouble(Step.RESOLVED))

    assert alert["labels"] == {
        "alertname": "BanwatchTrouble",
        "conversation": "disk:default",
        "area": "disk",
        "subject": "default",
    }
    assert alert["endsAt"] == "2026-07-10T13:00:00Z"


def test_labels_of_ones_own_come_along_and_replace_none() -> None:
    (alert,) = alerts(a_notification(), labels={"team": "desk", "alertname": "Mine"})

    assert alert["labels"]["team"] == "desk"
    assert alert["labels"]["alertname"] == "BanwatchIncident"
