"""The sockets of a server: their number, and the time that a socket may stay open without a request.

uvicorn has no time-out for a request's head, and asyncio accepts connections until no file is left. Here a head must
arrive within some seconds. When the room is full, the oldest connection without a running query is closed for the next
one. Connections without a request are closed first, then connections whose body is arriving, and the writer's last. A
connection with a running query stays. Each user's queries are bounded, so one connection can always be closed. The
answers' server, which has no writer and no queries, uses the same.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from deploy.embedded.chdb_http.settings import Role

if TYPE_CHECKING:
    from asyncio import TimerHandle, Transport

_MOST_HEAD_LINES = 256
_END_OF_HEAD = b"\r\n\r\n"


class SocketState(Enum):
    """The state of a connection, in the order in which connections are closed. The last state is never closed."""

    WAITING = "has asked nothing"
    SENDING = "its body is on its way"
    WRITERS = "the writer's, between two queries or sending"
    ASKING = "waits for its answer"


class Room:
    """The connections of one server, oldest first. The head of a request must arrive within `head_seconds`."""

    def __init__(self, most: int, head_seconds: float) -> None:
        self.head_seconds = head_seconds
        self._most = most
        self._inside: dict[HttpConnection, None] = {}

    def enter(self, connection: HttpConnection) -> None:
        """Add a connection. If the room is full, close another connection, or else the new one."""
        if len(self._inside) >= self._most:
            first = self._first_to_go()
            if first is None:
                connection.drop()
                return
            del self._inside[first]
            first.drop()
        self._inside[connection] = None

    def _first_to_go(self) -> HttpConnection | None:
        """Return the oldest connection of the first state that may be closed.

        The search mostly ends at the first connection.
        """
        for standing in (SocketState.WAITING, SocketState.SENDING, SocketState.WRITERS):
            if (found := next((inside for inside in self._inside if inside.standing is standing), None)) is not None:
                return found
        return None

    def leave(self, connection: HttpConnection) -> None:
        """Remove a closed connection."""
        self._inside.pop(connection, None)


class HttpConnection(H11Protocol):
    """One client's connection."""

    def __init__(self, *, room: Room, **options: Any) -> None:
        super().__init__(**options)
        self._room = room
        self._timer: TimerHandle | None = None
        self._lines = 0
        self._tail = b""

    @property
    def standing(self) -> SocketState:
        """The state of the connection."""
        asked = self.cycle is not None and not self.cycle.response_complete
        if asked and not self.cycle.more_body:
            return SocketState.ASKING
        if self.scope is not None and self.scope["state"].get("role") is Role.WRITER:
            return SocketState.WRITERS
        return SocketState.SENDING if asked else SocketState.WAITING

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Enter the room, and start the time-out for a head."""
        super().connection_made(transport)
        self._expect_head()
        self._room.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the room."""
        self._room.leave(self)
        self._expect_no_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Receive bytes. Close the connection if the bytes of a head arrive too slowly or in too many lines."""
        if self.conn.their_state is h11.IDLE and self._too_many_lines(data):
            self.drop()
            return
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._expect_head()
        else:
            self._expect_no_head()

    def drop(self) -> None:
        """Close the connection at once."""
        self._expect_no_head()
        self.transport.abort()

    def _too_many_lines(self, data: bytes) -> bool:
        """Return whether a head has too many lines. Each line costs the event loop time."""
        joined = self._tail + data
        end = joined.find(_END_OF_HEAD)
        self._lines += joined.count(b"\n", len(self._tail), len(joined) if end < 0 else end)
        self._tail = joined[-3:]
        return self._lines > _MOST_HEAD_LINES

    def _expect_head(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self._room.head_seconds, self.drop)

    def _expect_no_head(self) -> None:
        self._lines, self._tail = 0, b""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
