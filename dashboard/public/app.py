"""The application of the public pages. It answers GET and HEAD, sets no cookie and needs no script."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.host_names import HostNames
from dashboard.i18n import WORDS
from dashboard.i18n.labels import language_name
from dashboard.public.answer import OF_PAGES, PLAIN, Answer, Representation, held_for
from dashboard.public.asked import Asked, BadRequest, Kind, counts, incident_id, picture
from dashboard.public.editor import STAMP, STYLES, Editor
from dashboard.public.press import Press
from dashboard.settings import PublicSettings
from processing.contract import EVERYTHING
from processing.i18n import LANGUAGES

LONGEST_QUERY = 1_000
"""Bytes of the parameters at most."""

YEAR = timedelta(days=365)
IN_NEED = timedelta(days=1)
"""How long a cache may show its copy while this server is away, unless the copy may have a post that is deleted."""

ICON = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0072b2"/>'
    b'<path d="M2 12L6 11L9 4L11 10L14 11" fill="none" stroke="#fff" stroke-width="1.6"/></svg>'
)
ROBOTS = b"User-agent: *\nDisallow: /api/\nDisallow: /healthz\nAllow: /\n"

Endpoint = Callable[[Request], Awaitable[ASGIApp]]


class PublicPages:
    """The endpoints. `clock` gives the wall clock."""

    def __init__(self, editor: Editor, settings: PublicSettings, clock: Callable[[], datetime]) -> None:
        self._editor = editor
        self._caching = held_for(settings.public_refresh, in_need=timedelta() if settings.public_posts else IN_NEED)
        self.press = Press(editor.make, self._caching, settings.public_refresh, clock)
        self._begun = clock()
        self._missing = {tag: self._fixed(editor.missing(tag)) for tag in LANGUAGES}
        for_long = {"cache-control": f"public, max-age={YEAR // timedelta(seconds=1)}, immutable"}
        self._styles = Representation(Answer(STYLES, "text/css; charset=utf-8"), for_long, self._begun)
        self._icon = Representation(Answer(ICON, "image/svg+xml"), for_long, self._begun)
        self._newer_styles = self._fixed(Answer(STYLES, "text/css; charset=utf-8"))
        self._robots = self._fixed(Answer(ROBOTS, PLAIN))
        self._slashes = {tag: self._moved(f"/{tag}/") for tag in LANGUAGES[1:]}
        self._not_allowed = self._refused(
            "These pages are only read.", HTTPStatus.METHOD_NOT_ALLOWED, {"allow": "GET, HEAD"}
        )
        self.misdirected = self._refused(
            "The Host header is not a name of these pages: use 127.0.0.1, or set BANWATCH_PUBLIC_NAMES or "
            "BANWATCH_PUBLIC_SITE to the names by which people come to them.",
            HTTPStatus.MISDIRECTED_REQUEST,
        )

    async def now(self, request: Request) -> ASGIApp:
        """Return the page on the present, of the first watch list or of that which the path names."""
        return await self._of_list(request, Kind.NOW)

    async def incident(self, request: Request) -> ASGIApp:
        """Return the page of an incident."""
        return await self._of_incident(request, Kind.INCIDENT)

    async def incident_data(self, request: Request) -> ASGIApp:
        """Return an incident as JSON, with what was found in it."""
        return await self._of_incident(request, Kind.INCIDENT_DATA)

    async def feed(self, request: Request) -> ASGIApp:
        """Return the feed, likewise."""
        return await self._of_list(request, Kind.FEED)

    async def incidents(self, request: Request) -> ASGIApp:  # noqa: ARG002 - Starlette's form
        """Return the incidents as JSON."""
        return await self.press.representation(Asked(Kind.INCIDENTS))

    async def counts(self, request: Request) -> ASGIApp:
        """Return counts as CSV."""
        return await self._data(request, counts)

    async def svg(self, request: Request) -> ASGIApp:
        """Return a chart as SVG."""
        return await self._pictured(request, Kind.SVG)

    async def png(self, request: Request) -> ASGIApp:
        """Return a chart as PNG."""
        return await self._pictured(request, Kind.PNG)

    async def health(self, request: Request) -> ASGIApp:  # noqa: ARG002 - Starlette's form
        """Return how the pages are."""
        return await self.press.representation(Asked(Kind.HEALTH))

    async def styles(self, request: Request) -> ASGIApp:
        """Return the style sheet, whichever version a page that a cache holds was made for."""
        return self._styles if request.path_params["stamp"] == STAMP else self._newer_styles

    async def with_slash(self, request: Request) -> ASGIApp:
        """Lead to the pages of a language."""
        return self._slashes.get(request.path_params["ui"], self._missing[LANGUAGES[0]])

    async def missing(self, request: Request, error: Exception) -> Any:  # noqa: ARG002 - Starlette's form
        """Return the page on an address that leads nowhere."""
        first = request.url.path.split("/")[1]
        return self._missing[first if first in LANGUAGES else LANGUAGES[0]]

    async def not_allowed(self, request: Request, error: Exception) -> Any:  # noqa: ARG002 - likewise
        """Refuse what would change something."""
        return self._not_allowed

    async def icon(self, request: Request) -> ASGIApp:  # noqa: ARG002 - Starlette's form
        """Return the icon."""
        return self._icon

    async def robots(self, request: Request) -> ASGIApp:  # noqa: ARG002 - Starlette's form
        """Return what search engines are asked to leave alone."""
        return self._robots

    async def _of_list(self, request: Request, kind: Kind) -> ASGIApp:
        tag, root = _language(request), request.path_params.get("root", "")
        if tag is None:
            return self._missing[LANGUAGES[0]]
        if root:
            await self.press.representation(Asked(Kind.NOW, tag))
            if self._editor.roots is not None and root not in self._editor.roots:
                return self._missing[tag]
        return await self.press.representation(Asked(kind, tag, topic=root))

    async def _of_incident(self, request: Request, kind: Kind) -> ASGIApp:
        tag, name = _language(request), incident_id(request.path_params["id"])
        if tag is None or name is None or not await self._is_known(tag, name):
            return self._missing[tag or LANGUAGES[0]]
        return await self.press.representation(Asked(kind, tag, incident=name))

    async def _pictured(self, request: Request, kind: Kind) -> ASGIApp:
        tag = _language(request)
        if tag is None:
            return self._missing[LANGUAGES[0]]
        return await self._data(request, lambda given: picture(kind, tag, given))

    async def _data(self, request: Request, read: Callable[[dict[str, str]], Asked]) -> ASGIApp:
        query: bytes = request.scope["query_string"]
        if len(query) > LONGEST_QUERY:
            return self._refused("The parameters are too long.", HTTPStatus.REQUEST_URI_TOO_LONG)
        try:
            asked = read(dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=50)))
        except (BadRequest, ValueError) as error:
            return self._refused(str(error), HTTPStatus.BAD_REQUEST)
        if asked.incident and not await self._is_known(asked.ui, asked.incident):
            return self._missing[asked.ui]
        if not await self._is_topic(asked) or not _is_language(asked.language):
            return self._refused("There is no such topic or no such language.", HTTPStatus.NOT_FOUND)
        return await self.press.representation(asked)

    async def _is_known(self, tag: str, name: str) -> bool:
        """Return whether the newest edition has an incident: a name of which it does not know is not asked for."""
        await self.press.representation(Asked(Kind.NOW, tag))
        return self._editor.incidents is None or name in self._editor.incidents

    async def _is_topic(self, asked: Asked) -> bool:
        await self.press.representation(Asked(Kind.NOW, asked.ui))
        return not asked.topic or asked.topic in self._editor.topics

    def _refused(
        self, sentence: str, status: HTTPStatus, headers: Mapping[str, str] = MappingProxyType({})
    ) -> Representation:
        return self._fixed(Answer(f"{sentence}\n".encode(), PLAIN, status, {**OF_PAGES, **headers}, cached=False))

    def _moved(self, path: str) -> Representation:
        return self._fixed(Answer(b"", PLAIN, HTTPStatus.PERMANENT_REDIRECT, OF_PAGES | {"location": path}))

    def _fixed(self, answer: Answer) -> Representation:
        return Representation(answer, self._caching, self._begun)


class Door:
    """Lets requests in that name this server by a name of its own, as `dashboard.door` does for the dashboard.

    A load balancer asks for the health by an address that nobody else uses.
    """

    def __init__(self, pages: ASGIApp, names: HostNames, refusal: ASGIApp) -> None:
        self._pages = pages
        self._names = names
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http" and scope["path"] != "/healthz":
            hosts = [value for name, value in scope["headers"] if name == b"host"]
            if len(hosts) != 1 or not self._names.includes(hosts[0].decode("latin-1")):
                await self._refusal(scope, receive, send)
                return
        await self._pages(scope, receive, send)


def application(editor: Editor, settings: PublicSettings, clock: Callable[[], datetime]) -> ASGIApp:
    """Return the ASGI application."""
    pages = PublicPages(editor, settings, clock)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        pages.press.close()

    of_languages: tuple[tuple[str, Endpoint], ...] = (
        ("/", pages.now),
        ("/incident/{id}", pages.incident),
        ("/watch/{root}", pages.now),
        ("/feed.atom", pages.feed),
        ("/watch/{root}/feed.atom", pages.feed),
        ("/chart.svg", pages.svg),
        ("/chart.png", pages.png),
    )
    of_all: tuple[tuple[str, Endpoint], ...] = (
        ("/api/incidents.json", pages.incidents),
        ("/api/incident/{id}.json", pages.incident_data),
        ("/api/counts.csv", pages.counts),
        ("/healthz", pages.health),
        ("/robots.txt", pages.robots),
        ("/icon.svg", pages.icon),
        ("/style-{stamp}.css", pages.styles),
    )
    paths = (
        *of_languages,
        *of_all,
        *((f"/{{ui}}{path}", page) for path, page in of_languages),
        ("/{ui}", pages.with_slash),
    )
    routed = Starlette(
        routes=[Route(path, endpoint, methods=["GET"]) for path, endpoint in paths],
        exception_handlers={HTTPStatus.NOT_FOUND: pages.missing, HTTPStatus.METHOD_NOT_ALLOWED: pages.not_allowed},
        lifespan=lifespan,
    )
    routed.router.redirect_slashes = False  # such a redirect would name the host that the request names
    return Door(routed, HostNames(settings.public_host, settings.names), pages.misdirected)


def _language(request: Request) -> str | None:
    """Return the language of the path; None if there are no pages in it."""
    tag = request.path_params.get("ui")
    return LANGUAGES[0] if tag is None else tag if tag in LANGUAGES[1:] else None


def _is_language(tag: str) -> bool:
    return tag == EVERYTHING or language_name(WORDS[LANGUAGES[0]], tag) != tag
