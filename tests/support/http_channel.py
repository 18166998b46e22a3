"""Channels for tests: notifiers that speak HTTP to a local server, which remembers what it took."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode, urlsplit

from ingest.retry import retry_after
from processing.alerts.notification import Attempt, Message, Notification, Notifier, Outcome
from processing.alerts.queue import Batch
from tests.support.serving import Asked, Says, Served, served

OK = Says()
BY_STATUS = {200: Outcome.SENT, 401: Outcome.AUTH, 404: Outcome.REFUSED, 429: Outcome.RATE_LIMITED}


@dataclass(frozen=True)
class Answer:
    """What a server has answered; the names of the headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    said: str


@dataclass(frozen=True)
class HttpChannel:
    """Sends each notification as one request. One that `can_tell` asks in doubt whether the message has arrived."""

    name: str
    url: str
    can_tell: bool = False
    resend_every: timedelta | None = None
    limit: timedelta = timedelta(seconds=20)

    def notify(self, notification: Notification) -> Attempt:
        """Tell the server, once."""
        key = {"key": notification.key}
        try:
            if notification.in_doubt and self.can_tell and self._ask("/seen", key).said == "yes":
                return Attempt(Outcome.SENT, "it had arrived", f"id of {notification.key}")
            about = {"conversation": notification.conversation, "step": notification.step.value}
            answer = self._ask("/send", key | about | {"root": notification.root})
        except TimeoutError:
            return Attempt(Outcome.TIMEOUT)
        except (OSError, HTTPException) as error:
            return Attempt(Outcome.RETRY, str(error))
        outcome = BY_STATUS.get(answer.status, Outcome.RETRY)
        pause = retry_after(answer.headers, datetime.now(UTC)) if outcome is Outcome.RATE_LIMITED else None
        return Attempt(outcome, f"status {answer.status}", f"id of {notification.key}", pause)

    def _ask(self, path: str, parameters: dict[str, str]) -> Answer:
        address = urlsplit(self.url)
        connection = HTTPConnection(str(address.hostname), address.port, timeout=self.limit.total_seconds())
        try:
            connection.request("POST", f"{path}?{urlencode(parameters)}")
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, headers, answer.read().decode())
        finally:
            connection.close()


@dataclass
class ChannelServer:
    """The server behind a channel. `answer` says what it answers to a message; it keeps what it answers with 200."""

    answer: Callable[[str], Says | None] = lambda _: OK
    took: list[Asked] = field(default_factory=list)
    served: Served = field(default_factory=lambda: Served(""))
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def keys(self) -> list[str]:
        return [asked.parameters["key"] for asked in self.took]

    @property
    def tried(self) -> list[str]:
        return [asked.parameters["key"] for asked in self.served.asked if asked.path == "/send"]

    def respond(self, asked: Asked) -> Says | None:
        key = asked.parameters["key"]
        if asked.path == "/seen":
            return Says(b"yes" if key in self.keys else b"no")
        says = self.answer(key)
        if says is None or says.status == 200:
            with self.lock:
                self.took.append(asked)
        return says

    def channel(
        self, name: str = "slack", *, can_tell: bool = False, resend_every: timedelta | None = None
    ) -> HttpChannel:
        return HttpChannel(name, self.served.url, can_tell, resend_every)


@contextmanager
def channel_server(answer: Callable[[str], Says | None] = lambda _: OK) -> Iterator[ChannelServer]:
    """Serve one channel until the block ends. Where the answer is None, the message is taken and nothing is said."""
    server = ChannelServer(answer)
    with served(server.respond) as server.served:
        yield server


def plain_notification(batch: Batch, notifier: Notifier, root: str = "") -> Notification:
    """A batch as a notification without words."""
    return Notification(
        key=batch.key,
        conversation=batch.conversation,
        channel=notifier.name,
        step=batch.step,
        at=batch.first.at,
        message=Message(language="en", title=batch.key),
        root=root,
        in_doubt=batch.first.in_doubt,
    )
