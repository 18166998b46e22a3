"""Sessions keep a connection between requests, so temporary tables and the effect of SET survive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.embedded.chdb_http.errors import Code, EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy.embedded.chdb_http.connection import Connection

LONGEST_SECONDS = 3600
MOST_SESSIONS = 512


@dataclass
class _Kept:
    connection: Connection
    seconds: int
    expires: float
    busy: bool = True


class Sessions:
    """The sessions of one user, by id. Only the event loop uses them. `now` is seconds of a monotonic clock."""

    def __init__(self, open_connection: Callable[[], Connection]) -> None:
        self._open = open_connection
        self._kept: dict[str, _Kept] = {}

    def take(self, key: str, seconds: int, *, check: bool, now: float) -> Connection:
        """Return the session's connection for one request at a time.

        Raises:
            EngineError: SESSION_NOT_FOUND if `check` is true and the session does not exist, SESSION_IS_LOCKED while
                another request uses it, INVALID_SESSION_TIMEOUT.
        """
        if not 0 < seconds <= LONGEST_SECONDS:
            raise EngineError(
                Code.INVALID_SESSION_TIMEOUT, f"session_timeout lies between 1 and {LONGEST_SECONDS} seconds"
            )
        kept = self._kept.get(key)
        if kept is None and check:
            raise EngineError(Code.SESSION_NOT_FOUND, "Session not found")
        if kept is not None and kept.busy:
            raise EngineError(Code.SESSION_IS_LOCKED, "Session is locked by a concurrent client")
        if kept is None:
            kept = self._kept[key] = _Kept(self._open(), seconds, now)
        kept.busy, kept.seconds = True, seconds
        return kept.connection

    def give_back(self, key: str, now: float) -> None:
        """End the request, and start the session's time-out again."""
        kept = self._kept[key]
        kept.busy, kept.expires = False, now + kept.seconds

    def forget(self, key: str) -> None:
        """Remove a session whose connection is unusable. The next request begins another session."""
        self._kept.pop(key, None)

    def expired(self, now: float) -> list[Connection]:
        """Remove the expired sessions and the oldest sessions above the user's limit, and return their connections."""
        idle = sorted((kept.expires, key) for key, kept in self._kept.items() if not kept.busy)
        excess = max(0, len(self._kept) - MOST_SESSIONS)
        over = [key for position, (expires, key) in enumerate(idle) if expires <= now or position < excess]
        return [self._kept.pop(key).connection for key in over]

    def all(self) -> list[Connection]:
        """Remove every session and return the connections."""
        kept, self._kept = self._kept, {}
        return [each.connection for each in kept.values()]
