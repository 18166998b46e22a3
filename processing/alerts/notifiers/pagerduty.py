"""PagerDuty by the Events API v2: trigger, acknowledge and resolve of one alert for each conversation.

The conversation is the `dedup_key`: a repeated trigger of an open alert is an entry in its log and pages nobody again.
Fields, limits and answers: PagerDuty/developer-docs, docs/events-API-v2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any

from pydantic import Field

from processing.alerts.notification import Attempt, Notification, Outcome, Step
from processing.alerts.notifiers.http import Answer, Clock, Failed, exchange, json_request, utc_now
from processing.alerts.notifiers.options import Address, ChannelOptions, Secret
from processing.alerts.notifiers.outcomes import attempted, failure
from processing.alerts.notifiers.prometheus import annotations_of, page_of, rfc3339, start_of
from processing.alerts.notifiers.text import inert, one_line
from processing.contract import Severity
from processing.plain_text import is_safe_link
from processing.troubles import TroubleSeverity

LONGEST_SUMMARY = 1024
LONGEST_KEY = 255

ACTIONS = {Step.ACKNOWLEDGED: "acknowledge", Step.RESOLVED: "resolve"}
"""The action of each step. All others trigger."""

SEVERITIES = {Severity.NOTABLE: "warning", Severity.MAJOR: "error", Severity.EXTREME: "critical"}
_TROUBLES = {TroubleSeverity.WARNING: "warning", TroubleSeverity.CRITICAL: "critical"}


class PagerDutyOptions(ChannelOptions):
    """`[channels.NAME]` with `kind = "pagerduty"`."""

    routing_key: Annotated[Secret, Field(description="integration key of an Events API v2 integration")]
    url: Annotated[
        Address, Field(description="where events go; in the EU https://events.eu.pagerduty.com/v2/enqueue")
    ] = "https://events.pagerduty.com/v2/enqueue"

    @property
    def keeps_alerts(self) -> bool:
        """Whether the receiver keeps an alert for each conversation until it hears that the conversation is over."""
        return True


def open_pagerduty(name: str, options: PagerDutyOptions, clock: Clock = utc_now) -> PagerDuty:
    """Return the notifier of a service of PagerDuty."""
    return PagerDuty(name, options, clock)


@dataclass(frozen=True)
class PagerDuty:
    """A service of PagerDuty."""

    name: str
    options: PagerDutyOptions
    clock: Clock = utc_now
    resend_every: timedelta | None = None

    def notify(self, notification: Notification) -> Attempt:
        """Send the event of a step."""
        return attempted(lambda: self._tell(notification), [self.options.routing_key.get_secret_value()])

    def _tell(self, notification: Notification) -> Attempt:
        answer = exchange(json_request(self.options.url, self._event(notification)), clock=self.clock)
        if not answer.ok:
            raise Failed(_failure(answer))
        return Attempt(Outcome.SENT, message_id=dedup_key(notification))

    def _event(self, notification: Notification) -> dict[str, Any]:
        action = ACTIONS.get(notification.step, "trigger")
        key = {"routing_key": self.options.routing_key.get_secret_value(), "dedup_key": dedup_key(notification)}
        told = action == "trigger" or notification.unknown
        return {**key, "event_action": action} | (_alert(notification) if told else {})


def dedup_key(notification: Notification) -> str:
    """Return what PagerDuty knows a conversation by. A digest and a test are alerts of their own."""
    single = notification.step in {Step.DIGEST, Step.TEST}
    key = notification.key if single else notification.conversation
    return key if len(key) <= LONGEST_KEY else sha256(key.encode()).hexdigest()


def _alert(notification: Notification) -> dict[str, Any]:
    message = notification.message
    links = [link for link in (message.page, message.acknowledge) if link is not None and is_safe_link(link.url)]
    return {
        "payload": {
            "summary": inert(one_line(message.title, LONGEST_SUMMARY))[:LONGEST_SUMMARY] or notification.conversation,
            "source": "banwatch",
            "severity": _severity(notification),
            "timestamp": rfc3339(start_of(notification)),
            "class": notification.step.value,
            "custom_details": annotations_of(notification),
        }
        | _component(notification),
        "client": "banwatch",
        "links": [{"href": link.url, "text": one_line(link.label, 100)} for link in links],
    } | ({"client_url": page} if (page := page_of(message)) else {})


def _component(notification: Notification) -> dict[str, str]:
    if notification.trouble is not None:
        return {"component": one_line(notification.trouble.subject, 100) or notification.trouble.area.value}
    return {"component": notification.incident.topic} if notification.incident is not None else {}


def _severity(notification: Notification) -> str:
    if notification.incident is not None:
        return SEVERITIES[notification.incident.severity]
    if notification.trouble is not None:
        return _TROUBLES.get(notification.trouble.severity, "info")
    return "info"


def _failure(answer: Answer) -> Attempt:
    """Return the outcome of a refusal. PagerDuty answers 400 to a wrong key as to a wrong event."""
    fields = answer.fields()
    errors = fields.get("errors")
    said = [str(fields.get("message", "")), *(str(each) for each in (errors if isinstance(errors, list) else []))]
    attempt = failure(answer, "; ".join(filter(None, said)))
    wrong_key = answer.status == 400 and any(
        "routing" in each.lower() or "service key" in each.lower() for each in said
    )
    return replace(attempt, outcome=Outcome.AUTH) if wrong_key else attempt
