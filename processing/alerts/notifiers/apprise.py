"""Every channel that Apprise knows: Discord, Teams, ntfy, Mattermost, Signal and others.

Each step is one message. Apprise tells neither whether an earlier message has arrived nor its id, so nothing is edited
and a message may come twice. banwatch tries again by itself, so Apprise does not. A redirect is not followed: a POST
would become a GET, which some services answer with a success.

Many of these services read markup and mentions in plain text, so the texts are inert. The links stand at the top,
because the text is cut where a service takes no more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ingest.errors import Failure
from processing.alerts.notification import Attempt, Notification, Outcome
from processing.alerts.notifiers.layout import Line, laid_out
from processing.alerts.notifiers.text import inert
from processing.plain_text import plain

MOST = 20_000
"""Characters of a message. Most services take less, and Apprise knows how much."""

SHORTEST_SECRET = 4
TIMEOUT = 60.0
"""Seconds for one attempt."""


class ApprisePackageMissing(Failure):
    """A channel is of the kind `apprise`, and the extra is not installed."""


class AppriseAddressUnknown(Failure):
    """Apprise cannot use the address of a channel. The message does not hold the address, which is secret."""


class AppriseOptions(BaseModel):
    """`[channels.NAME]` with `kind = "apprise"`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: SecretStr = Field(description="Apprise's address of the channel, such as `ntfys://TOPIC`; all of it is secret")


def open_apprise(name: str, options: AppriseOptions) -> AppriseChannel:
    """Return the notifier of a channel.

    Raises:
        ApprisePackageMissing: the extra is not installed.
        AppriseAddressUnknown: Apprise does not know such an address.
    """
    try:
        import apprise  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ApprisePackageMissing(
            f"The channel {name} is of the kind apprise: `pip install 'banwatch[apprise]'` brings it."
        ) from error
    asset = apprise.AppriseAsset(
        app_id="banwatch", app_desc="banwatch", app_url="", async_mode=False, storage_mode="memory", language="en",
        default_service_retry=0, interpret_emojis=False, service_timeout=TIMEOUT, http_redirects=False,
    )  # fmt: skip
    services = apprise.Apprise(asset=asset)
    if not services.add(options.url.get_secret_value()):
        raise AppriseAddressUnknown(
            f"Apprise cannot use the address of the channel {name}: "
            "github.com/caronc/apprise/wiki has the form for each service."
        )
    for service in services:
        service.retry = 0
        # A service refuses what is too long, however often it is tried. The instance has a mode of its own only where
        # the address names one.
        if "overflow_mode" not in vars(service):
            service.overflow_mode = apprise.OverflowMode.TRUNCATE
    return AppriseChannel(name, services, options.url)


@dataclass(frozen=True)
class AppriseChannel:
    """A service behind Apprise."""

    name: str
    services: Any = field(repr=False)
    url: SecretStr
    resend_every: timedelta | None = None

    def notify(self, notification: Notification) -> Attempt:
        """Send the message as plain text."""
        from apprise import AppriseResultStatus  # noqa: PLC0415 - an extra

        title, *body = map(_text, laid_out(replace(notification.message, sql=""), MOST))
        result = self.services.notify(title=title, body="\n".join(body) or title, body_format=self._format())
        if result:
            return Attempt(Outcome.SENT)
        late = result.status is AppriseResultStatus.TIMEOUT
        return Attempt(Outcome.TIMEOUT if late else Outcome.RETRY, self._without_secrets(_reason(result)))

    def _format(self) -> Any:
        """Return the format that Apprise is told. A service of Markdown gets escaped what is called text, links too."""
        from apprise import NotifyFormat  # noqa: PLC0415 - an extra

        taken = {service.resolve_format(NotifyFormat.TEXT) for service in self.services}
        return NotifyFormat.MARKDOWN if taken == {NotifyFormat.MARKDOWN} else NotifyFormat.TEXT

    def _without_secrets(self, reason: str) -> str:
        """Return the reason without any part of the address."""
        parts = re.split(r"[/:@?&=,]+", self.url.get_secret_value())
        for part in sorted(parts, key=len, reverse=True):
            if len(part) >= SHORTEST_SECRET:
                reason = reason.replace(part, "***")
        return reason


def _text(line: Line) -> str:
    """Return a line as inert text, with its addresses whole."""
    return " ".join(f"{inert(span.text)}: {span.url}" if span.url else inert(span.text) for span in line.spans)


def _reason(result: Any) -> str:
    said = " ".join(str(entry.message) for entry in result.logs())
    return plain(said) or "The service behind Apprise did not take the message."
