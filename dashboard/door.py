"""Which requests reach the page, and which paths of Streamlit are closed.

A browser on this machine shows pages of strangers, and such a page can reach loopback: by a websocket of its own, or
under a name of its own that resolves to 127.0.0.1. It can change neither `Origin` nor `Host`. The embedded ClickHouse
goes by the same rule (`deploy/embedded/chdb_http/access.py`), and by one more: nobody comes to it by a link, so it
refuses those too.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

from dashboard.host_names import HostNames

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

HEADERS = (
    ("Content-Security-Policy", "frame-ancestors 'self'"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
)
"""Of every answer. What names more sources than that would have to follow each version of Streamlit."""

_POLICY_VIOLATION = 1008
_STREAMLIT = "/_stcore"
_USED = frozenset({"/_stcore/health", "/_stcore/host-config", "/_stcore/stream"})
"""What the page takes of Streamlit's own. The rest (figures of the process, uploads, an interface for programs) would
be open to whoever can see the page."""


def refusal(hosts: Sequence[str], origin: str | None, names: HostNames) -> str | None:
    """Why a request is refused; None where it is not."""
    if len(hosts) != 1 or not names.includes(hosts[0]):
        return (
            "The Host header is not a name of this page: use 127.0.0.1, or set BANWATCH_DASHBOARD_NAMES to the names "
            "by which people come to it.\n"
        )
    if origin is not None and origin not in {f"http://{hosts[0]}", f"https://{hosts[0]}"}:
        return "Requests of other sites' pages are refused: this one has a foreign Origin.\n"
    return None


class Door:
    """An ASGI application that lets requests through to the page, or answers them itself."""

    def __init__(self, page: ASGIApp, names: HostNames) -> None:
        self._page = page
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it here."""
        if scope["type"] == "lifespan":
            await self._page(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if (reason := refusal(headers.getlist("host"), headers.get("origin"), self._names)) is not None:
            await _refuse(reason, HTTPStatus.FORBIDDEN, scope, receive, send)
        elif scope["path"].startswith(_STREAMLIT) and scope["path"] not in _USED:
            await _refuse("There is nothing here.\n", HTTPStatus.NOT_FOUND, scope, receive, send)
        else:
            await self._page(scope, receive, send)


async def _refuse(reason: str, status: HTTPStatus, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        # The server answers with 403. With an answer of our own it would log each as a fault of ours.
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return
    await PlainTextResponse(reason, status)(scope, receive, send)
