"""What a channel is told, and what comes of telling it: the types between decisions, messages and notifiers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from processing.contract import Incident
from processing.troubles import Trouble


class Step(StrEnum):
    """One step of a conversation with a channel. A conversation is about one incident, or one trouble of banwatch."""

    OPENED = "opened"
    GREW = "grew"
    REPEATED = "repeated"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    DIGEST = "digest"
    """Several steps that were gathered, in one message."""
    TEST = "test"


class Growth(StrEnum):
    """What has grown since a channel was told."""

    SEVERITY = "severity"
    LANGUAGE = "language"
    PULSE = "pulse"


class Outcome(StrEnum):
    """What came of one attempt, or that it is under way."""

    TRYING = "trying"
    """The attempt began. If this stays the last word, the process ended during the attempt: it may have arrived."""
    SENT = "sent"
    RETRY = "retry"
    """The channel failed, or could not be reached."""
    RATE_LIMITED = "rate_limited"
    TIMEOUT = "timeout"
    """No answer came in time: the message may have arrived."""
    AUTH = "auth"
    """The channel does not accept the token, the password or the key."""
    REFUSED = "refused"
    """The channel will never take this message."""
    GAVE_UP = "gave_up"
    """The last attempt allowed has failed."""
    OVER_UNTOLD = "over_untold"
    """Nothing was tried: it was over before the hold was, and the channel had heard nothing of it."""


@dataclass(frozen=True)
class Fact:
    """A labelled value of a message. `told`: the message before in the conversation had it too."""

    label: str
    value: str
    told: bool = False


@dataclass(frozen=True)
class Quote:
    """A post as a message shows it. `url` is empty where the post has no address that is safe to follow.

    `at` is in the zone of the message.
    """

    label: str
    text: str
    author: str
    url: str
    at: datetime


@dataclass(frozen=True)
class Link:
    """An address with what to call it."""

    label: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message before it takes the form of a channel.

    Every text is plain: one line, bounded, without control characters or bare marks of direction. No text is escaped:
    each notifier escapes all of them for its own markup. `language` is `en` or `ar`.
    """

    language: str
    title: str
    verdict: str = ""
    facts: tuple[Fact, ...] = ()
    sparkline: str = ""
    quotes: tuple[Quote, ...] = ()
    notes: tuple[str, ...] = ()
    page: Link | None = None
    acknowledge: Link | None = None
    sql: str = ""
    """The statement that gives the figure of the title; the only text of several lines."""
    chart: bytes | None = None
    """A PNG of the timeline."""
    parts: tuple[Message, ...] = ()
    """The messages that a digest gathers."""

    @property
    def right_to_left(self) -> bool:
        """The direction of the whole message."""
        return self.language == "ar"


@dataclass(frozen=True, kw_only=True)
class Notification:
    """One message for one channel.

    `key` is the same over all attempts, so that a receiver can tell a repetition. `root` is the channel's id of the
    conversation's first message, empty where there is none. `in_doubt`: an earlier attempt may have arrived.
    `incident` is the incident as it is now, None where the conversation is about something else or is a digest;
    `trouble` is the trouble as it was decided, likewise.
    `unknown`: it is resolved, and nobody knows whether it is over.
    """

    key: str
    conversation: str
    channel: str
    step: Step
    growth: tuple[Growth, ...] = ()
    at: datetime
    message: Message
    incident: Incident | None = None
    trouble: Trouble | None = None
    root: str = ""
    in_doubt: bool = False
    unknown: bool = False


@dataclass(frozen=True)
class Attempt:
    """What came of one attempt.

    `detail` is what the channel answered, without secrets. `message_id` is the channel's id of what it took. It is
    stored even for an edit, and is the `root` of what follows if it is the first of its conversation.
    `retry_after` is the pause that the channel asked for.
    """

    outcome: Outcome
    detail: str = ""
    message_id: str = ""
    retry_after: timedelta | None = None


class Notifier(Protocol):
    """A channel. It tries once, within a time limit, and says what came of it. A failed network raises nothing."""

    @property
    def name(self) -> str:
        """As the channel is called in the rules, and in `deliveries`."""
        ...

    @property
    def resend_every(self) -> timedelta | None:
        """How often a channel wants to hear of what goes on, or it takes it for over; None if once is enough."""
        ...

    def notify(self, notification: Notification) -> Attempt:
        """Tell the channel, once."""
        ...


@runtime_checkable
class Authenticating(Protocol):
    """A notifier whose channel can be asked whether it accepts the credentials, and tells nobody of it."""

    def authenticate(self) -> Attempt:
        """Ask the channel, once. `SENT` means that it accepts the credentials. A failed network raises nothing."""
        ...
