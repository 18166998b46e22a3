"""The metrics of a process that serves HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.metrics import Metrics

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

STATUSES = ("1xx", "2xx", "3xx", "4xx", "5xx")


class HttpMetrics(Metrics):
    """What a server answers."""

    def __init__(self, process: str = "") -> None:
        super().__init__(process=process)
        self.requests = self.counter(
            "banwatch_http_requests_total", "Requests answered, by the class of the status.", status=STATUSES
        )

    def around(self, application: ASGIApp) -> ASGIApp:
        """Return an ASGI application that counts what another one answers."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self.requests.labels(STATUSES[int(message["status"]) // 100 - 1]).inc()
                await send(message)

            await application(scope, receive, noting if scope["type"] == "http" else send)

        return counted
