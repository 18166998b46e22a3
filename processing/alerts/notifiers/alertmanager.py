"""Prometheus's Alertmanager by its API v2: an alert that is sent again as long as it goes on.

Alertmanager takes an alert for over at its `endsAt`. While the conversation goes on, `endsAt` lies three intervals
ahead, and the alert is sent every interval. If banwatch ends, Alertmanager resolves the alert by itself after that
time. An alert with the same labels is the same alert, so that a repetition does no harm. API: `api/v2/openapi.yaml` in
github.com/prometheus/alertmanager; clients: prometheus.io/docs/alerting/latest/clients.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from processing.alerts.notification import Attempt, Notification, Outcome, Step
from processing.alerts.notifiers.http import Answer, Clock, Failed, Request, exchange, json_request, utc_now
from processing.alerts.notifiers.options import BaseAddress, ChannelOptions, Labels, Secret
from processing.alerts.notifiers.outcomes import attempted, failure
from processing.alerts.notifiers.prometheus import annotations_of, labels_of, page_of, rfc3339, start_of

RESEND_EVERY = timedelta(minutes=1)
ENDS_AFTER = 3 * RESEND_EVERY


class AlertmanagerOptions(ChannelOptions):
    """`[channels.NAME]` with `kind = "alertmanager"`."""

    url: Annotated[BaseAddress, Field(description="address of Alertmanager, such as http://127.0.0.1:9093")]
    token: Annotated[Secret | None, Field(description="bearer token, where a proxy asks for one")] = None
    labels: Annotated[Labels, Field(default_factory=dict, description="labels of your own, by which it routes")]

    @property
    def keeps_alerts(self) -> bool:
        """Whether the receiver keeps an alert for each conversation until it hears that the conversation is over."""
        return True


def open_alertmanager(name: str, options: AlertmanagerOptions, clock: Clock = utc_now) -> Alertmanager:
    """Return the notifier of an Alertmanager."""
    return Alertmanager(name, options, clock)


@dataclass(frozen=True)
class Alertmanager:
    """An Alertmanager."""

    name: str
    options: AlertmanagerOptions
    clock: Clock = utc_now
    resend_every: timedelta | None = RESEND_EVERY

    def notify(self, notification: Notification) -> Attempt:
        """Send the alert as it is now."""
        alerts = [self._alert(notification, self.clock())]
        request = json_request(f"{self.options.url}/api/v2/alerts", alerts, headers=self._headers())
        return attempted(lambda: self._asked(request, notification.conversation), [self._secret])

    def authenticate(self) -> Attempt:
        """Ask for its status."""
        request = Request(url=f"{self.options.url}/api/v2/status", method="GET", headers=self._headers())
        return attempted(lambda: self._asked(request, ""), [self._secret])

    @property
    def _secret(self) -> str:
        return "" if self.options.token is None else self.options.token.get_secret_value()

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._secret}"} if self._secret else {}

    def _asked(self, request: Request, message_id: str) -> Attempt:
        answer = exchange(request, clock=self.clock)
        if not answer.ok:
            raise Failed(failure(answer, _said(answer)))
        return Attempt(Outcome.SENT, message_id=message_id)

    def _alert(self, notification: Notification, now: datetime) -> dict[str, Any]:
        start = start_of(notification)
        end = _end(notification, now) if notification.step is Step.RESOLVED else now + ENDS_AFTER
        page = page_of(notification.message)
        return {
            "labels": labels_of(notification, self.options.labels),
            "annotations": annotations_of(notification),
            "startsAt": rfc3339(min(start, end)),
            "endsAt": rfc3339(end),
        } | ({"generatorURL": page} if page else {})


def _end(notification: Notification, now: datetime) -> datetime:
    """Return when a conversation ended. Alertmanager takes a time ahead of its clock for an alert that goes on."""
    known = notification.incident.end if notification.incident is not None else None
    return min(known or now, now)


def _said(answer: Answer) -> str:
    return answer.body.decode("utf-8", "replace").strip()[:200]
