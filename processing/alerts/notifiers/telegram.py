"""Telegram by the Bot API: one message for each conversation, edited in place, with replies for real steps.

The Bot API has no way to read what a chat holds, and no key by which it knows a repetition. Where an earlier attempt to
send may have arrived, it is therefore sent again: at most one duplicate for each interruption. An edit may be repeated.
Methods and limits: core.telegram.org/bots/api.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any

from pydantic import Field

from processing.alerts.notification import Attempt, Notification, Outcome
from processing.alerts.notifiers.http import Answer, Clock, Failed, Request, exchange, json_request, utc_now
from processing.alerts.notifiers.layout import TOLD_IN_THREAD
from processing.alerts.notifiers.options import BaseAddress, ChannelOptions, Secret
from processing.alerts.notifiers.outcomes import attempted, failure, unreadable
from processing.alerts.notifiers.telegram_text import short_text, whole_text

LONGEST_PAUSE = timedelta(days=1)

UNCHANGED = "message is not modified"
GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
NO_ACCESS = (
    "chat not found",
    "chat_restricted",
    "chat_write_forbidden",
    "group chat was upgraded",
    "have no rights",
    "have no write access",
    "message thread not found",
    "need administrator rights",
    "not enough rights",
    "peer_id_invalid",
    "topic_closed",
    "topic_deleted",
)
"""What Telegram says of a chat, or a topic, in which the bot cannot write until a person has mended that."""

GENERAL = 1
"""The topic General, which has this id in links, and in requests none."""


class TelegramOptions(ChannelOptions):
    """`[channels.NAME]` with `kind = "telegram"`."""

    chat: Annotated[int | str, Field(description="id of the chat, such as -1001234567890, or @name of a channel")]
    token: Annotated[Secret, Field(description="token of the bot, from @BotFather")]
    topic: Annotated[int | None, Field(description="id of the topic, in a group with topics")] = None
    thread: Annotated[bool, Field(description="whether steps are also told as replies")] = True
    chart: Annotated[bool, Field(description="whether the chart is sent as a reply")] = True
    url: Annotated[BaseAddress, Field(description="address of the Bot API")] = "https://api.telegram.org"


def open_telegram(name: str, options: TelegramOptions, clock: Clock = utc_now) -> Telegram:
    """Return the notifier of a chat of Telegram."""
    return Telegram(name, options, clock)


class _Refused(Failed):
    """Telegram does not do what it was asked. `description` is its reason, in lower case."""

    def __init__(self, description: str, attempt: Attempt) -> None:
        super().__init__(attempt)
        self.description = description.lower()


@dataclass(frozen=True)
class Telegram:
    """A chat of Telegram."""

    name: str
    options: TelegramOptions
    clock: Clock = utc_now
    resend_every: timedelta | None = None

    def notify(self, notification: Notification) -> Attempt:
        """Send a message, or edit the root and reply to it."""
        tell = self._follow if notification.root.isdecimal() else self._begin
        return attempted(lambda: tell(notification), [self.options.token.get_secret_value()])

    def authenticate(self) -> Attempt:
        """Ask by `getChat`, which takes the token and finds the chat."""
        return attempted(self._chat, [self.options.token.get_secret_value()])

    def _chat(self) -> Attempt:
        self._call("getChat", {})
        return Attempt(Outcome.SENT, "the chat is found")

    def _begin(self, notification: Notification) -> Attempt:
        sent = self._send(whole_text(notification.message))
        return replace(sent, detail=self._add_chart(notification, sent.message_id))

    def _follow(self, notification: Notification) -> Attempt:
        """Edit the root, and then reply. Where the root is gone, a new message is sent."""
        root = int(notification.root)
        try:
            self._call("editMessageText", {"message_id": root} | whole_text(notification.message))
        except _Refused as refused:
            if any(reason in refused.description for reason in GONE):
                return self._begin(notification)
            if UNCHANGED not in refused.description:
                raise
        if not (self.options.thread and notification.step in TOLD_IN_THREAD):
            return Attempt(Outcome.SENT, message_id=notification.root)
        return self._send(short_text(notification.message) | _replies_to(root))

    def _send(self, text: Mapping[str, Any]) -> Attempt:
        result = self._call("sendMessage", {**self._topic(), **text})
        return Attempt(Outcome.SENT, message_id=str(result.get("message_id", "")))

    def _topic(self) -> dict[str, Any]:
        return {} if self.options.topic in {None, GENERAL} else {"message_thread_id": self.options.topic}

    def _add_chart(self, notification: Notification, root: str) -> str:
        """Reply with the chart, and return what became of it. The text has arrived, whatever that is."""
        chart = notification.message.chart
        if chart is None or not self.options.chart or not root.isdecimal():
            return ""
        try:
            self._send_photo(chart, int(root))
        except Failed as failed:
            return f"The chart was not taken: {failed.attempt.detail}"
        return "with chart"

    def _send_photo(self, chart: bytes, root: int) -> None:
        form = {"chat_id": str(self.options.chat), "disable_notification": "true"}
        form |= {name: str(value) for name, value in self._topic().items()}
        form["reply_parameters"] = f'{{"message_id":{root},"allow_sending_without_reply":true}}'
        files = {"photo": ("chart.png", chart, "image/png")}
        self._called(Request(url=self._address("sendPhoto"), form=form, files=files))

    def _call(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return self._called(json_request(self._address(method), {"chat_id": self.options.chat, **arguments}))

    def _address(self, method: str) -> str:
        return f"{self.options.url}/bot{self.options.token.get_secret_value()}/{method}"

    def _called(self, request: Request) -> dict[str, Any]:
        answer = exchange(request, clock=self.clock)
        fields = answer.fields()
        if fields.get("ok") is False:
            description = str(fields.get("description", ""))
            raise _Refused(description, _attempt(answer, description, fields.get("parameters")))
        if not answer.ok:
            raise Failed(failure(answer))
        result = fields.get("result")
        if not isinstance(result, dict):
            raise Failed(unreadable(answer))
        return result


def _replies_to(root: int) -> dict[str, Any]:
    return {"reply_parameters": {"message_id": root, "allow_sending_without_reply": True}}


def _attempt(answer: Answer, description: str, parameters: object) -> Attempt:
    attempt = failure(answer, description)
    given = parameters if isinstance(parameters, dict) else {}
    if isinstance(seconds := given.get("retry_after"), int):
        return replace(attempt, retry_after=min(timedelta(seconds=min(max(seconds, 0), 10**6)), LONGEST_PAUSE))
    if isinstance(moved := given.get("migrate_to_chat_id"), int):
        return Attempt(Outcome.AUTH, f"{attempt.detail}: the chat has the id {moved} now.")
    # 404 is the answer to a token that no bot has.
    if answer.status == 404 or any(reason in description.lower() for reason in NO_ACCESS):
        return replace(attempt, outcome=Outcome.AUTH)
    return attempt
