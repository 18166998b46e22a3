"""Matrix by the client-server API: one message for each conversation, edited in place, with a thread for real steps.

The transaction id of each event comes from the notification's key. A homeserver answers a repeated transaction with the
event it made the first time, so that nothing is doubled; Synapse remembers transactions for a day. Rooms that are
encrypted show the messages as not encrypted. Sources: spec.matrix.org, client-server API, "Transaction identifiers",
"Event replacements", "Threading", "User and room mentions".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field

from processing.alerts.notification import Attempt, Notification, Outcome
from processing.alerts.notifiers.http import Answer, Clock, Failed, Request, exchange, json_request, utc_now
from processing.alerts.notifiers.layout import TOLD_IN_THREAD
from processing.alerts.notifiers.matrix_text import short_content, whole_content
from processing.alerts.notifiers.options import BaseAddress, ChannelOptions, Secret
from processing.alerts.notifiers.outcomes import attempted, failure, unreadable
from processing.alerts.notifiers.text import one_line

LONGEST_PAUSE = timedelta(days=1)

AUTH = frozenset(
    {
        "M_UNKNOWN_TOKEN",
        "M_MISSING_TOKEN",
        "M_FORBIDDEN",
        "M_USER_DEACTIVATED",
        "M_USER_LOCKED",
        "M_GUEST_ACCESS_FORBIDDEN",
    }
)


class MatrixOptions(ChannelOptions):
    """`[channels.NAME]` with `kind = "matrix"`."""

    homeserver: Annotated[BaseAddress, Field(description="address of the homeserver, such as https://matrix.org")]
    room: Annotated[str, Field(pattern=r"^![^\s/]+$", description="id of the room, such as !abc:matrix.org")]
    token: Annotated[Secret, Field(description="access token of the account that posts")]
    thread: Annotated[bool, Field(description="whether steps are also told in the thread")] = True
    chart: Annotated[bool, Field(description="whether the chart is put into the thread")] = True


def open_matrix(name: str, options: MatrixOptions, clock: Clock = utc_now) -> Matrix:
    """Return the notifier of a room of Matrix."""
    return Matrix(name, options, clock)


@dataclass(frozen=True)
class Matrix:
    """A room of Matrix."""

    name: str
    options: MatrixOptions
    clock: Clock = utc_now
    resend_every: timedelta | None = None

    def notify(self, notification: Notification) -> Attempt:
        """Send an event, or edit the root and reply in its thread."""
        tell = self._follow if notification.root else self._begin
        return attempted(lambda: tell(notification), [self.options.token.get_secret_value()])

    def authenticate(self) -> Attempt:
        """Ask by `whoami` whose token it is."""
        return attempted(self._whose, [self.options.token.get_secret_value()])

    def _whose(self) -> Attempt:
        address = f"{self.options.homeserver}/_matrix/client/v3/account/whoami"
        user = self._answered(Request(url=address, method="GET", headers=self._headers()), "user_id")
        return Attempt(Outcome.SENT, f"the account {one_line(user, 300)}")

    def _begin(self, notification: Notification) -> Attempt:
        root = self._send(notification.key, whole_content(notification.message))
        return Attempt(Outcome.SENT, self._add_chart(notification, root), root)

    def _follow(self, notification: Notification) -> Attempt:
        root = notification.root
        content = whole_content(notification.message)
        self._send(f"{notification.key}:edit", _edit(content, root))
        if not (self.options.thread and notification.step in TOLD_IN_THREAD):
            return Attempt(Outcome.SENT, message_id=root)
        step = short_content(notification.message) | _in_thread(root)
        return Attempt(Outcome.SENT, message_id=self._send(notification.key, step))

    def _add_chart(self, notification: Notification, root: str) -> str:
        """Put the chart into the thread, and return what became of it. The text has arrived, whatever that is."""
        chart = notification.message.chart
        if chart is None or not self.options.chart:
            return ""
        try:
            address = self._upload(chart)
            info = {"mimetype": "image/png", "size": len(chart)}
            image = {"msgtype": "m.image", "body": "chart.png", "url": address, "info": info, "m.mentions": {}}
            self._send(f"{notification.key}:chart", image | _in_thread(root))
        except Failed as failed:
            return f"The chart was not taken: {failed.attempt.detail}"
        return "with chart"

    def _upload(self, chart: bytes) -> str:
        address = f"{self.options.homeserver}/_matrix/media/v3/upload"
        headers = self._headers() | {"Content-Type": "image/png"}
        request = Request(url=address, content=chart, headers=headers, parameters={"filename": "chart.png"})
        return self._answered(request, "content_uri")

    def _send(self, transaction: str, content: dict[str, Any]) -> str:
        room, key = quote(self.options.room, safe=""), quote(transaction, safe="")
        address = f"{self.options.homeserver}/_matrix/client/v3/rooms/{room}/send/m.room.message/{key}"
        return self._answered(json_request(address, content, method="PUT", headers=self._headers()), "event_id")

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.options.token.get_secret_value()}"}

    def _answered(self, request: Request, field: str) -> str:
        """Send a request and return a field of its answer."""
        answer = exchange(request, clock=self.clock)
        fields = answer.fields()
        if not answer.ok:
            raise Failed(_attempt(answer, fields))
        if not isinstance(value := fields.get(field), str):
            raise Failed(unreadable(answer))
        return value


def _edit(content: dict[str, Any], root: str) -> dict[str, Any]:
    """Return an event that replaces the root. Programs that know no edits show it as a message with a star."""
    starred = content | {"body": f"* {content['body']}", "formatted_body": f"* {content['formatted_body']}"}
    return starred | {"m.new_content": content, "m.relates_to": {"rel_type": "m.replace", "event_id": root}}


def _in_thread(root: str) -> dict[str, Any]:
    fallback = {"is_falling_back": True, "m.in_reply_to": {"event_id": root}}
    return {"m.relates_to": {"rel_type": "m.thread", "event_id": root, **fallback}}


def _attempt(answer: Answer, fields: dict[str, Any]) -> Attempt:
    code = str(fields.get("errcode", ""))
    attempt = failure(answer, " ".join(filter(None, (code, str(fields.get("error", ""))))))
    if code == "M_LIMIT_EXCEEDED":
        wait = fields.get("retry_after_ms")
        pause = timedelta(milliseconds=min(max(wait, 0), 10**9)) if isinstance(wait, int) else answer.retry_after
        return replace(attempt, outcome=Outcome.RATE_LIMITED, retry_after=pause and min(pause, LONGEST_PAUSE))
    return replace(attempt, outcome=Outcome.AUTH) if code in AUTH else attempt
