"""A webhook: one signed POST for each notification, by Standard Webhooks 1.0.

The header `webhook-id` is the notification's key, the same over all attempts: a receiver that remembers keys takes
nothing twice. Specification: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from pydantic import AfterValidator, Field, SecretStr

from processing.alerts.notification import Attempt, Notification, Outcome
from processing.alerts.notifiers.http import Answer, Clock, Failed, Request, exchange, utc_now
from processing.alerts.notifiers.options import ChannelOptions, SecretAddress
from processing.alerts.notifiers.outcomes import attempted, failure
from processing.alerts.notifiers.signature import signed, signing_keys
from processing.alerts.notifiers.webhook_body import alertmanager_body, standard_body


class WebhookFormat(StrEnum):
    """The form of the body."""

    STANDARD = "standard"
    ALERTMANAGER = "alertmanager"


def _keys(value: SecretStr) -> SecretStr:
    signing_keys(value.get_secret_value())
    return value


class WebhookOptions(ChannelOptions):
    """`[channels.NAME]` with `kind = "webhook"`."""

    url: Annotated[SecretAddress, Field(description="where notifications are posted")]
    signing_key: Annotated[
        SecretStr,
        AfterValidator(_keys),
        Field(description="`whsec_...`; several with spaces between sign side by side"),
    ] = SecretStr("")
    format: Annotated[WebhookFormat, Field(description="`standard`, or `alertmanager` for its webhook's JSON")] = (
        WebhookFormat.STANDARD
    )

    @property
    def keeps_alerts(self) -> bool:
        """Whether the receiver keeps an alert for each conversation until it hears that the conversation is over."""
        return self.format is WebhookFormat.ALERTMANAGER


def open_webhook(name: str, options: WebhookOptions, clock: Clock = utc_now) -> Webhook:
    """Return the notifier of a webhook."""
    keys = signing_keys(options.signing_key.get_secret_value())
    return Webhook(name, options.url.get_secret_value(), options.format, keys, clock)


@dataclass(frozen=True)
class Webhook:
    """A receiver of webhooks."""

    name: str
    url: str = field(repr=False)
    format: WebhookFormat
    keys: tuple[bytes, ...] = field(repr=False)
    clock: Clock = utc_now
    resend_every: timedelta | None = None

    def notify(self, notification: Notification) -> Attempt:
        """Post the notification."""
        return attempted(lambda: self._tell(notification), [self.url])

    def _tell(self, notification: Notification) -> Attempt:
        identifier = webhook_id(notification.key)
        body = self._body(notification)
        headers = {"Content-Type": "application/json"} | signed(self.keys, identifier, self.clock(), body)
        answer = exchange(Request(url=self.url, content=body, headers=headers), clock=self.clock)
        if not answer.ok:
            raise Failed(_failure(answer))
        return Attempt(Outcome.SENT, str(answer.status), identifier)

    def _body(self, notification: Notification) -> bytes:
        match self.format:
            case WebhookFormat.STANDARD:
                return standard_body(notification)
            case WebhookFormat.ALERTMANAGER:
                return alertmanager_body(notification, self.name)


def webhook_id(key: str) -> str:
    """Return a key as it stands in a header. A full stop ends it in what is signed, and is therefore written `%2E`."""
    return quote(key, safe=":").replace(".", "%2E")


def _failure(answer: Answer) -> Attempt:
    """Return the outcome of a refusal: 410 is one for good, and 404 passes when what receives is started anew."""
    attempt = failure(answer)
    return replace(attempt, outcome=Outcome.RETRY) if answer.status == HTTPStatus.NOT_FOUND else attempt
