"""One client's connection to the pages: the head of a request has to arrive within some seconds.

uvicorn has no such limit. Connections that ask nothing would take all places of the public pages, or all files of the
dashboard. The answers' server and the embedded store have the same by another of uvicorn's protocols, with a bound on
their number (`deploy/embedded/chdb_http/sockets.py`).
"""

from __future__ import annotations

from asyncio import TimerHandle, Transport

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 10.0


class HttpConnection(HttpToolsProtocol):
    """Closes itself where a head is late: the first one, or one that has begun."""

    _timer: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first head."""
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Wait for a head behind bytes that begin none: uvicorn waits no longer once any have come."""
        super().data_received(data)
        if self.cycle is not None and self.cycle.response_complete:
            self._expect_head()

    def on_message_begin(self) -> None:
        """Wait for the rest of a head."""
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        """Wait no longer."""
        self._expect_no_head()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._expect_no_head()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _expect_no_head(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
