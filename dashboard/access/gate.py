"""The gate before Streamlit: without a session nothing is served but the pages of logging in, and whether it works.

It stands before the websocket and the files that Streamlit serves too, not only before the page. A websocket ends with
the session that opened it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from dashboard.access.login import Login
    from dashboard.access.sessions import Session

HEALTH = "/_stcore/health"
SESSION_HEADER = "Banwatch-Session"
"""The header by which the gate tells Streamlit whose websocket it is."""

_POLICY_VIOLATION = 1008


class Gate:
    """An ASGI application that passes on the requests of those who may come, and sends the others to log in."""

    def __init__(self, page: ASGIApp, login: Login) -> None:
        self._page = page
        self._login = login
        self._pages_of_login = login.application

    def session(self, cookies: dict[str, str]) -> Session | None:
        """Return the session of a request's cookies, or None."""
        return self._login.sessions.read(cookies.get(self._login.cookie))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] == "lifespan" or scope["path"] == HEALTH:
            await self._page(scope, receive, send)
            return
        if scope["type"] == "http" and scope["path"].lstrip("/").partition("/")[0] in {"login", "logout"}:
            await self._pages_of_login(scope, receive, send)
            return
        session = self.session(HTTPConnection(scope).cookies)
        if session is None and not self._login.policy.anonymous:
            await _refuse(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._page(_named(scope, session), self._while_good(session, receive, send), send)
        else:
            await self._page(scope, receive, send)

    def _while_good(self, session: Session | None, receive: Receive, send: Send) -> Receive:
        """Return a websocket's messages until the first that comes after the end of the session; then close it.

        A page asks for every new content of its own accord, so nothing is sent to it any more either.
        """

        async def next_message() -> Message:
            message = await receive()
            if message["type"] != "websocket.receive" or session is None or self._login.sessions.lasts(session):
                return message
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return {"type": "websocket.disconnect", "code": _POLICY_VIOLATION}

        return next_message


def _named(scope: Scope, session: Session | None) -> Scope:
    """Return a websocket's scope with the id of its session as a header, in place of one that the browser sends.

    Streamlit gives the state of a page that has lost its websocket only to whom it belonged to: see
    `dashboard.server.options`.
    """
    name = SESSION_HEADER.lower().encode("ascii")
    others = [(each, value) for each, value in scope["headers"] if each != name]
    return {**scope, "headers": [*others, (name, b"" if session is None else session.id.encode("ascii"))]}


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        # The server turns the closing into a 403.
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        return
    if scope["method"] == "GET" and "text/html" in HTTPConnection(scope).headers.get("accept", ""):
        query = scope["query_string"].decode("latin-1")
        onward = scope["path"] + (f"?{query}" if query else "")
        login = RedirectResponse(f"/login?{urlencode({'next': onward})}", HTTPStatus.SEE_OTHER)
        login.headers["Cache-Control"] = "no-store"
        await login(scope, receive, send)
        return
    answer = PlainTextResponse("Log in first: open /login in a browser.\n", HTTPStatus.UNAUTHORIZED)
    await answer(scope, receive, send)
