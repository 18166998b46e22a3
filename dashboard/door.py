"""The door decides which requests reach the page, and closes Streamlit's unused paths.

A browser on this machine shows foreign web pages, and such a page can send requests to loopback. It uses a websocket,
or a host name of its own that resolves to 127.0.0.1. The page can change neither `Origin` nor `Host`.

The embedded ClickHouse follows the same rule (`deploy/embedded/chdb_http/access.py`). Nobody follows a link to it, so
it refuses requests from links too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

from dashboard.content_policy import content_policy
from dashboard.host_names import HostNames

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via")


def headers(*, https: bool) -> Iterator[tuple[str, str]]:
    """Yield the headers of every response. `https` says that people come by https."""
    yield "Content-Security-Policy", content_policy()
    yield "X-Content-Type-Options", "nosniff"
    yield "Referrer-Policy", "same-origin"
    yield "Cross-Origin-Opener-Policy", "same-origin"
    yield "Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
    if https:
        yield "Strict-Transport-Security", "max-age=31536000"


_POLICY_VIOLATION = 1008
_THROUGH_A_PROXY = (
    "The request comes through a proxy, and this page asks nobody to log in: set BANWATCH_PUBLIC_URL to the address at "
    "which people reach the proxy, and see docs/access.md.\n"
)
_STREAMLIT = "/_stcore"
_USED = frozenset({"/_stcore/health", "/_stcore/host-config", "/_stcore/stream"})
"""The paths of Streamlit that the page uses. The others (metrics, uploads, an interface for programs) are closed,
because every visitor of the page could use them."""
_COMPONENTS = "/_stcore/bidi-components/banwatch."
"""The files of the page's own components: the editor of the page SQL."""


def refusal(hosts: Sequence[str], origin: str | None, names: HostNames) -> str | None:
    """Return the reason for refusing a request, or None if the request may pass."""
    if len(hosts) != 1 or not names.includes(hosts[0]):
        return (
            "The Host header is not a name of this page: use 127.0.0.1, or set BANWATCH_DASHBOARD_NAMES to the names "
            "by which people come to it.\n"
        )
    if origin is not None and origin not in {f"http://{hosts[0]}", f"https://{hosts[0]}"}:
        return "Requests of other sites' pages are refused: this one has a foreign Origin.\n"
    return None


class Door:
    """An ASGI application that passes requests on to the page or refuses them."""

    def __init__(self, page: ASGIApp, names: HostNames, *, local: bool) -> None:
        """Keep a page. `local` says that whoever comes is the operator, so nobody may come through a proxy."""
        self._page = page
        self._names = names
        self._local = local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on to the page, or refuse it with a response of the door's own."""
        if scope["type"] == "lifespan":
            await self._page(scope, receive, send)
            return
        given = Headers(scope=scope)
        if (reason := refusal(given.getlist("host"), given.get("origin"), self._names)) is not None:
            await _refuse(reason, HTTPStatus.FORBIDDEN, scope, receive, send)
        elif self._local and any(name in given for name in _FORWARDED):
            await _refuse(_THROUGH_A_PROXY, HTTPStatus.FORBIDDEN, scope, receive, send)
        elif _is_closed(scope["path"]):
            await _refuse("There is nothing here.\n", HTTPStatus.NOT_FOUND, scope, receive, send)
        else:
            await self._page(scope, receive, send)


def _is_closed(path: str) -> bool:
    return path.startswith(_STREAMLIT) and path not in _USED and not path.startswith(_COMPONENTS)


async def _refuse(reason: str, status: HTTPStatus, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        # The server turns the closing into a 403. It would log a response of our own as an error.
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return
    await PlainTextResponse(reason, status)(scope, receive, send)
