"""A heartbeat: whoever waits for it learns that banwatch is dead, or that a source is silent.

The address is of the kind of Healthchecks: a request to it means that all is well, one to `/start` that work begins,
and one to `/fail` that something is wrong, with the reason as its body (https://healthchecks.io/docs/http_api/).

It goes by what the watch has written, from a thread of its own: a watch that hangs writes nothing, so nothing is sent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from pydantic import SecretStr

from ingest.errors import Unavailable
from processing import queries
from processing.alerts.notifiers.http import Failed, Request, exchange
from processing.store.client import Store

log = structlog.get_logger()

FRESH = timedelta(minutes=15)
"""Of an older bin, a ping would say that the watch is alive where it only catches up."""

PAUSE = timedelta(minutes=1)
"""Time between two pings at least."""

LOOKED_EVERY = 5.0
TIME_LIMIT = timedelta(seconds=5)


@dataclass(frozen=True)
class Ping:
    """A request: `path` is appended to the address."""

    path: str = ""
    body: str = ""


@dataclass(frozen=True)
class Pinged:
    """What the last ping that arrived has said."""

    at: datetime | None = None
    scored_until: datetime | None = None
    silent: tuple[str, ...] = ()


def next_ping(last: Pinged, now: datetime, scored_until: datetime | None, silent: tuple[str, ...]) -> Ping | None:
    """Return what is to be said now, or None. `silent` are the sources that have fallen silent; `now` is wall clock."""
    if last.at is not None and last.at <= now < last.at + PAUSE:
        return None
    if silent:
        return Ping("/fail", f"No data from {', '.join(silent)}.") if silent != last.silent else None
    fresh = scored_until is not None and now - scored_until <= FRESH
    return Ping() if fresh and scored_until != last.scored_until else None


@dataclass
class Heartbeat:
    """Pings an address, which is secret."""

    store: Store
    url: SecretStr
    clock: Callable[[], datetime]
    _last: Pinged = field(default_factory=Pinged)

    def run(self, stop: threading.Event) -> None:
        """Ping until `stop` is set."""
        self._send(Ping("/start"))
        while not stop.wait(LOOKED_EVERY):
            try:
                self.look()
            except Unavailable as error:
                log.warning("heartbeat waits", reason=str(error))

    def look(self) -> None:
        """Ping if it is time to.

        Raises:
            StoreUnavailable: nothing is known.
        """
        now, scored_until = self.clock(), queries.scored_until(self.store)
        health = queries.health(self.store)
        silent = tuple(each.source for each in health if each.state_at(now) == "silent")
        ping = next_ping(self._last, now, scored_until, silent)
        if ping is not None and self._send(ping):
            self._last = replace(self._last, at=now, scored_until=scored_until, silent=silent)

    def _send(self, ping: Ping) -> bool:
        """Return whether the ping has arrived. What is logged never quotes the address."""
        url = self.url.get_secret_value().rstrip("/") + ping.path
        try:
            answer = exchange(Request(url=url, content=ping.body.encode()), within=TIME_LIMIT)
        except Failed as failed:
            log.warning("heartbeat", reason=failed.attempt.detail.replace(url, "***"))
            return False
        if not answer.ok:
            log.warning("heartbeat", status=answer.status)
        return answer.ok
