"""Every kind of channel with a local server that speaks its protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from processing.alerts.notification import Notifier
from processing.alerts.notifiers.alertmanager import AlertmanagerOptions, open_alertmanager
from processing.alerts.notifiers.apprise import AppriseOptions, open_apprise
from processing.alerts.notifiers.matrix import MatrixOptions, open_matrix
from processing.alerts.notifiers.pagerduty import PagerDutyOptions, open_pagerduty
from processing.alerts.notifiers.slack import SlackOptions, open_slack
from processing.alerts.notifiers.telegram import TelegramOptions, open_telegram
from processing.alerts.notifiers.webhook import WebhookOptions, open_webhook
from tests.support.channels.receiver import Received, Receiver, Reply, receiving
from tests.support.channels.servers import (
    CHANNEL,
    ROOM,
    TOKEN,
    AlertmanagerServer,
    MatrixServer,
    PagerDutyServer,
    SlackServer,
    TelegramServer,
    WebhookServer,
)

OLD_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEW_KEY = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"

Options = dict[str, Any]


def slack(url: str, token: str = TOKEN, **options: Any) -> Notifier:
    return open_slack("desk", SlackOptions(**{"channel": CHANNEL, "token": token, "url": f"{url}/api"} | options))


def telegram(url: str, token: str = TOKEN, **options: Any) -> Notifier:
    return open_telegram("desk", TelegramOptions(**{"chat": -100123, "token": token, "url": url} | options))


def matrix(url: str, token: str = TOKEN, **options: Any) -> Notifier:
    return open_matrix("desk", MatrixOptions(**{"homeserver": url, "room": ROOM, "token": token} | options))


def pagerduty(url: str, token: str = TOKEN, **options: Any) -> Notifier:
    return open_pagerduty("desk", PagerDutyOptions(**{"routing_key": token, "url": f"{url}/v2/enqueue"} | options))


def alertmanager(url: str, token: str = TOKEN, **options: Any) -> Notifier:
    return open_alertmanager("desk", AlertmanagerOptions(**{"url": url, "token": token} | options))


def webhook(url: str, token: str = TOKEN, **options: Any) -> Notifier:
    given = {"url": f"{url}/{token}", "signing_key": f"{NEW_KEY} {OLD_KEY}"} | options
    return open_webhook("desk", WebhookOptions(**given))


def apprise(url: str, token: str = TOKEN) -> Notifier:
    return open_apprise("desk", AppriseOptions(url=SecretStr(f"{url.replace('http:', 'json:')}/{token}")))


@dataclass(frozen=True)
class ChannelKind:
    """One kind. `reads`: an answer of it says whether it took a message. `tells`: it can tell a repetition."""

    name: str
    opened: Callable[..., Notifier]
    server: Callable[[], Callable[[Received], Reply]]
    reads: bool = True
    tells: bool = True


CHANNEL_KINDS = [
    ChannelKind("slack", slack, SlackServer),
    ChannelKind("telegram", telegram, TelegramServer, tells=False),
    ChannelKind("matrix", matrix, MatrixServer),
    ChannelKind("pagerduty", pagerduty, PagerDutyServer, reads=False),
    ChannelKind("alertmanager", alertmanager, AlertmanagerServer, reads=False),
    ChannelKind("webhook", webhook, WebhookServer, reads=False),
]

APPRISE = ChannelKind("apprise", apprise, lambda: lambda _: Reply(), reads=False, tells=False)
"""Apprise has a time limit and outcomes of its own."""


@contextmanager
def running(kind: ChannelKind, **options: Any) -> Iterator[tuple[Any, Notifier, Receiver]]:
    """Run a channel: what it holds, its notifier, and its server."""
    held = kind.server()
    with receiving(held) as receiver:
        yield held, kind.opened(receiver.url, **options), receiver
