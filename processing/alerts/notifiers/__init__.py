"""The registry of the kinds of channels. A kind's module is imported only if a channel of the kind is configured.

The module of a kind has the kind's name. It holds the class of the channel's options, and `open_<kind>(name, options)`,
which makes the notifier.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from pydantic import BaseModel

if TYPE_CHECKING:
    from processing.alerts.notification import Notifier
    from processing.alerts.rules import Channel

KINDS: dict[str, str] = {
    "alertmanager": "AlertmanagerOptions",
    "apprise": "AppriseOptions",
    "console": "ConsoleOptions",
    "mail": "MailOptions",
    "matrix": "MatrixOptions",
    "pagerduty": "PagerDutyOptions",
    "slack": "SlackOptions",
    "telegram": "TelegramOptions",
    "webhook": "WebhookOptions",
}
"""The class of each kind's options."""

NO_KIND = "none"
"""Stands for the kind of a channel that cannot be opened."""


def options_of(kind: str) -> type[BaseModel]:
    """Return the class of the options of a kind.

    Raises:
        KeyError: there is no such kind.
    """
    return cast("type[BaseModel]", getattr(import_module(f"{__name__}.{kind}"), KINDS[kind]))


def open_notifier(channel: Channel) -> Notifier:
    """Return the notifier of a channel."""
    opened = getattr(import_module(f"{__name__}.{channel.kind}"), f"open_{channel.kind}")
    return cast("Notifier", opened(channel.name, channel.options))


def keeps_alerts(channel: Channel) -> bool:
    """Return whether the receiver keeps an alert for each conversation until it hears that the conversation is over.

    The options of a kind that has such receivers say so.
    """
    return bool(getattr(channel.options, "keeps_alerts", False))


def kind_of(notifier: Notifier) -> str:
    """Return the kind of a channel, which is the name of its module."""
    module = type(notifier).__module__.removeprefix(f"{__name__}.")
    return module if module in KINDS else NO_KIND
