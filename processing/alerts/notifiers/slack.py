"""Slack by its Web API with the token of a bot: one message for each conversation, edited in place.

The message of the first step is the root. Each later step edits the root and, if it is a real step, replies in its
thread. Every message that is posted carries the notification's key as metadata. Where an earlier attempt may have
arrived, the channel's history or the thread is searched for the key first, so that nothing is posted twice. The search
needs the scope `channels:history`, for a private channel `groups:history`; without it there may be one duplicate.
Methods, their errors and limits: docs.slack.dev/reference/methods.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any

import httpx
from pydantic import Field

from processing.alerts.notification import Attempt, Notification, Outcome
from processing.alerts.notifiers.http import Clock, Failed, Request, exchange, utc_now
from processing.alerts.notifiers.layout import TOLD_IN_THREAD
from processing.alerts.notifiers.options import BaseAddress, ChannelOptions, Secret
from processing.alerts.notifiers.outcomes import attempted, failure
from processing.alerts.notifiers.slack_api import SlackApi, SlackError
from processing.alerts.notifiers.slack_text import short_body, text_body, whole_body
from processing.alerts.notifiers.text import one_line

METADATA = "banwatch_notification"
"""The type of the metadata that carries the key."""

PAGE = 200
MOST_PAGES = 10
"""Pages of a history that are searched, each of `PAGE` messages, the newest first."""

CLOCKS_DIFFER_BY = timedelta(hours=1)

TOO_MUCH = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"})
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})


class SlackOptions(ChannelOptions):
    """`[channels.NAME]` with `kind = "slack"`."""

    channel: Annotated[str, Field(pattern=r"^[CGD][A-Z0-9]{6,}$", description="id of the channel, such as C0123456789")]
    token: Annotated[Secret, Field(description="token of the bot, `xoxb-...`")]
    thread: Annotated[bool, Field(description="whether steps are also told in the thread")] = True
    chart: Annotated[bool, Field(description="whether the chart is put into the thread")] = True
    url: Annotated[BaseAddress, Field(description="address of the Web API")] = "https://slack.com/api"


def open_slack(name: str, options: SlackOptions, clock: Clock = utc_now) -> Slack:
    """Return the notifier of a channel of Slack."""
    return Slack(name, options, SlackApi(options.url, options.token.get_secret_value(), clock))


@dataclass(frozen=True)
class Slack:
    """A channel of Slack."""

    name: str
    options: SlackOptions
    api: SlackApi
    resend_every: timedelta | None = None

    def notify(self, notification: Notification) -> Attempt:
        """Post a message, or edit the root and reply to it."""
        tell = self._follow if notification.root else self._begin
        return attempted(lambda: tell(notification), [self.api.token])

    def authenticate(self) -> Attempt:
        """Ask by `auth.test` whose token it is."""
        return attempted(self._whose, [self.api.token])

    def _whose(self) -> Attempt:
        fields = self.api.ask("auth.test", {})
        return Attempt(Outcome.SENT, f"the bot {one_line(str(fields.get('user', '')), 100)}")

    def _begin(self, notification: Notification) -> Attempt:
        if found := self._found(notification):
            return Attempt(Outcome.SENT, "It had arrived.", found)
        posted = self._post(notification, whole_body(notification.message))
        return replace(posted, detail=self._add_chart(notification, posted.message_id))

    def _follow(self, notification: Notification) -> Attempt:
        """Edit the root, which may be done twice, and then reply. Where the root is gone, a new message is posted."""
        try:
            self._edit(notification)
        except SlackError as refused:
            if refused.error not in GONE:
                raise
            return self._begin(replace(notification, root=""))
        if not (self.options.thread and notification.step in TOLD_IN_THREAD):
            return Attempt(Outcome.SENT, message_id=notification.root)
        if found := self._found(notification):
            return Attempt(Outcome.SENT, "It had arrived.", found)
        return self._post(notification, short_body(notification.message) | {"thread_ts": notification.root})

    def _edit(self, notification: Notification) -> None:
        root = {"ts": notification.root}
        try:
            self._call("chat.update", root | whole_body(notification.message))
        except SlackError as refused:
            if refused.error not in TOO_MUCH:
                raise
            # An edit may keep the blocks that it does not name, and Slack shows these in place of the text.
            self._call("chat.update", root | text_body(notification.message) | {"blocks": []})

    def _post(self, notification: Notification, body: Mapping[str, Any]) -> Attempt:
        payload = {"key": notification.key, "conversation": notification.conversation, "step": notification.step.value}
        metadata = {"metadata": {"event_type": METADATA, "event_payload": payload}}
        try:
            fields = self._call("chat.postMessage", {**body, **metadata})
        except SlackError as refused:
            if refused.error not in TOO_MUCH:
                raise
            thread = {"thread_ts": notification.root} if notification.root else {}
            fields = self._call("chat.postMessage", text_body(notification.message) | metadata | thread)
        return Attempt(Outcome.SENT, message_id=str(fields.get("ts", "")))

    def _found(self, notification: Notification) -> str:
        """Return the id of the message with the notification's key, or nothing where none has arrived, or none can."""
        if not notification.in_doubt:
            return ""
        try:
            return next((ts for ts, key in self._history(notification) if key == notification.key), "")
        except SlackError as refused:
            if refused.error != "missing_scope":
                raise
            return ""

    def _history(self, notification: Notification) -> Iterator[tuple[str, str]]:
        """Yield the id and the key of each message that the thread, or the channel since the decision, holds."""
        asked: dict[str, str | int] = {"channel": self.options.channel, "limit": PAGE, "include_all_metadata": "true"}
        if notification.root:
            method, asked = "conversations.replies", asked | {"ts": notification.root}
        else:
            oldest = (notification.at - CLOCKS_DIFFER_BY).timestamp()
            method, asked = "conversations.history", asked | {"oldest": f"{oldest:.6f}"}
        for _ in range(MOST_PAGES):
            fields = self.api.ask(method, asked)
            for message in fields.get("messages", []):
                yield str(message.get("ts", "")), _key(message)
            cursor = (fields.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return
            asked |= {"cursor": str(cursor)}

    def _add_chart(self, notification: Notification, root: str) -> str:
        """Put the chart into the thread, and return what became of it. The text has arrived, whatever that is."""
        chart = notification.message.chart
        if chart is None or not self.options.chart or not root:
            return ""
        try:
            self._upload(chart, one_line(notification.message.title, 200), root)
        except Failed as failed:
            return f"The chart was not taken: {failed.attempt.detail}"
        return "with chart"

    def _upload(self, chart: bytes, title: str, root: str) -> None:
        upload = self.api.ask("files.getUploadURLExternal", {"filename": "chart.png", "length": len(chart)})
        url = str(upload.get("upload_url", ""))
        if not self._is_slacks(url):
            raise Failed(Attempt(Outcome.REFUSED, "Slack named an address for it that is not one of Slack's."))
        answer = exchange(Request(url=url, content=chart, headers={"Content-Type": "image/png"}), clock=self.api.clock)
        if not answer.ok:
            raise Failed(failure(answer))
        files = [{"id": str(upload.get("file_id", "")), "title": title}]
        self.api.call(
            "files.completeUploadExternal", {"files": files, "channel_id": self.options.channel, "thread_ts": root}
        )

    def _is_slacks(self, url: str) -> bool:
        """Return whether an address that an answer holds is Slack's: an answer must not choose who is sent data."""
        try:
            host, own = httpx.URL(url), httpx.URL(self.options.url)
        except httpx.InvalidURL:
            return False
        own_host = (host.scheme, host.host, host.port) == (own.scheme, own.host, own.port)
        return own_host or (host.scheme == "https" and host.host.endswith(".slack.com"))

    def _call(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return self.api.call(method, {"channel": self.options.channel, **arguments})


def _key(message: Mapping[str, Any]) -> str:
    metadata = message.get("metadata") or {}
    return str((metadata.get("event_payload") or {}).get("key", "")) if metadata.get("event_type") == METADATA else ""
