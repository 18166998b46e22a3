"""PagerDuty: one alert for each conversation, in the documented form of events."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from processing.alerts.notification import Link, Message, Notification, Outcome, Step
from processing.contract import Severity
from processing.troubles import TroubleSeverity
from tests.support.channels.kinds import pagerduty
from tests.support.channels.messages import (
    ACKNOWLEDGE,
    INCIDENT_ID,
    PAGE,
    a_message,
    a_notification,
    a_trouble,
    an_incident,
)
from tests.support.channels.receiver import receiving, says
from tests.support.channels.schemas import PAGERDUTY
from tests.support.channels.servers import TOKEN, PagerDutyServer


def event(notification: Notification) -> Any:
    held = PagerDutyServer()
    with receiving(held) as server:
        assert pagerduty(server.url).notify(notification).outcome is Outcome.SENT
    jsonschema.validate(held.events[0], PAGERDUTY)
    return held.events[0]


@pytest.mark.parametrize("step", list(Step))
def test_every_step_has_the_documented_form(step: Step) -> None:
    actions = {Step.ACKNOWLEDGED: "acknowledge", Step.RESOLVED: "resolve"}

    assert event(a_notification(step))["event_action"] == actions.get(step, "trigger")
    assert event(a_notification(step, incident=None))["event_action"] == actions.get(step, "trigger")


def test_all_steps_of_a_conversation_are_one_alert() -> None:
    keys = {
        event(a_notification(step, key=step.value))["dedup_key"] for step in (Step.OPENED, Step.GREW, Step.RESOLVED)
    }

    assert keys == {INCIDENT_ID}
    assert event(a_notification(Step.TEST, key="test:1"))["dedup_key"] == "test:1"


@pytest.mark.parametrize(
    ("severity", "shown"), [(Severity.NOTABLE, "warning"), (Severity.MAJOR, "error"), (Severity.EXTREME, "critical")]
)
def test_severities_are_pagerdutys(severity: Severity, shown: str) -> None:
    assert event(a_notification(incident=an_incident(severity=severity)))["payload"]["severity"] == shown


def test_a_trouble_of_banwatch_itself_is_an_alert_of_its_own() -> None:
    told = event(a_trouble(severity=TroubleSeverity.CRITICAL))

    assert told["dedup_key"] == "disk:default"
    assert told["payload"]["severity"] == "critical"
    assert told["payload"]["component"] == "default"
    assert told["payload"]["custom_details"]["trouble"] == "disk"
    assert event(a_trouble(Step.RESOLVED))["event_action"] == "resolve"


@pytest.mark.parametrize("title", ["", "\u200b", "\n", "x" * 100_000, "@a.b/c" * 1000])
def test_a_summary_is_neither_empty_nor_too_long(title: str) -> None:
    assert event(a_notification(message=a_message(title)))["payload"]["summary"]


def test_a_long_conversation_is_told_by_a_short_key() -> None:
    keys = {event(a_notification(conversation="x" * length))["dedup_key"] for length in (255, 256, 5000)}

    assert len(keys) == 3


def test_links_and_figures_come_along() -> None:
    shown = event(a_notification())

    assert [link["href"] for link in shown["links"]] == [PAGE, ACKNOWLEDGE]
    assert shown["client_url"] == PAGE
    assert shown["payload"]["custom_details"]["posts"] == "230"
    assert (
        event(a_notification(message=Message(language="en", title="x", page=Link("p", "javascript:x"))))["links"] == []
    )


def test_a_wrong_event_is_refused_and_a_wrong_key_is_a_matter_of_the_key() -> None:
    with receiving(PagerDutyServer()) as server:
        body = {
            "status": "invalid event",
            "message": "Event object is invalid",
            "errors": ["'payload.summary' is blank"],
        }
        server.faults.append(says(body, 400))
        refused = pagerduty(server.url).notify(a_notification())
        wrong = pagerduty(server.url, token="another").notify(a_notification())

    assert (refused.outcome, wrong.outcome) == (Outcome.REFUSED, Outcome.AUTH)
    assert "'payload.summary' is blank" in refused.detail
    assert TOKEN not in wrong.detail


def test_an_end_that_is_not_known_is_said_beside_it() -> None:
    assert "payload" not in event(a_notification(Step.RESOLVED))
    unknown = event(a_notification(Step.RESOLVED, unknown=True))
    assert unknown["event_action"] == "resolve"
    assert unknown["payload"]["custom_details"]["end"] == "unknown"
