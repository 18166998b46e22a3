"""The channels of the rules, opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from ingest.errors import Failure
from processing.alerts.notification import Attempt, Notification, Notifier, Outcome
from processing.alerts.notifiers import open_notifier
from processing.alerts.rules import Channel, RuleBook

log = structlog.get_logger()


@dataclass(frozen=True)
class Channels:
    """The channels by their names."""

    notifiers: Mapping[str, Notifier]


@dataclass(frozen=True)
class Unusable:
    """Stands for a channel that cannot be opened. A message waits for it as for one that is away."""

    name: str
    reason: str
    resend_every: timedelta | None = None

    def notify(self, notification: Notification) -> Attempt:  # noqa: ARG002 - none can be told
        """Say why nothing can be told."""
        return Attempt(Outcome.RETRY, self.reason)


@dataclass
class OpenChannels:
    """Opens the channels of the rules as they are now. A channel that has not changed stays open."""

    book: Callable[[], RuleBook]
    _open: dict[str, tuple[Channel, Notifier]] = field(default_factory=dict)

    def __call__(self) -> Channels:
        """Return the channels."""
        book = self.book()
        self._open = {name: (channel, self._opened(channel)) for name, channel in book.channels.items()}
        return Channels({name: notifier for name, (_, notifier) in self._open.items()})

    def _opened(self, channel: Channel) -> Notifier:
        known = self._open.get(channel.name)
        if known is not None and known[0] == channel:
            return known[1]
        try:
            return open_notifier(channel)
        except Failure as error:
            log.warning("channel cannot be opened", channel=channel.name, reason=str(error))
            return Unusable(channel.name, str(error))
