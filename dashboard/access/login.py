"""Logging in and out, beside Streamlit: by a shared password, or by an identity provider."""

from __future__ import annotations

import hashlib
import hmac
import logging
import math
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from itsdangerous import BadData, URLSafeTimedSerializer
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import RedirectResponse
from starlette.routing import Route

from dashboard.access import pages
from dashboard.access.members import verified_address
from dashboard.access.pages import LoginForm
from dashboard.access.policy import AccessPolicy, ProviderFailed, is_https
from dashboard.access.sessions import Sessions
from dashboard.access.throttle import Throttle
from dashboard.forms import form_of
from dashboard.i18n import WORDS, Words
from processing.i18n import nearest
from processing.plain_text import plain
from processing.setting_types import split_keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from dashboard.access.oidc import OpenIdConnect
    from dashboard.settings import DashboardSettings
    from dashboard.viewer import Role

LONGEST_NAME = 100
FORM_LASTS = 3600
"""Seconds for which a form can be sent."""

_LONGEST_NEXT = 2_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Login:
    """The pages of logging in and out. `https` keeps the cookies from plain connections."""

    policy: AccessPolicy
    sessions: Sessions
    throttle: Throttle
    provider: OpenIdConnect | None
    https: bool
    _key: str = field(default_factory=lambda: secrets.token_hex(32))

    @property
    def cookie(self) -> str:
        """The name of the session's cookie. Of https, no other site of the same domain can set it."""
        return ("__Host-" if self.https else "") + "banwatch-session"

    @property
    def application(self) -> Starlette:
        """The ASGI application of these pages."""
        routes = [
            Route("/login", self.ask, methods=["GET"]),
            Route("/login", self.by_password, methods=["POST"]),
            Route("/logout", self.leave, methods=["GET", "POST"]),
        ]
        if self.provider is not None:
            routes += [
                Route("/login/provider", self.to_provider, methods=["GET"]),
                Route("/login/callback", self.from_provider, methods=["GET"]),
            ]
        under_way = Middleware(
            SessionMiddleware,
            secret_key=self._key,
            session_cookie="banwatch-login",
            max_age=600,
            path="/login",
            same_site="lax",
            https_only=self.https,
        )
        return Starlette(routes=routes, middleware=[under_way])

    async def ask(self, request: Request) -> Response:
        """Show the page of logging in."""
        return self._form(request, _inside(request.query_params.get("next", "")))

    async def by_password(self, request: Request) -> Response:
        """Let in who knows a password."""
        words = _words(request)
        try:
            form = await form_of(request)
        except ValueError as error:
            return self._form(request, "/", fault=str(error), status=HTTPStatus.BAD_REQUEST)
        onward, name = _inside(form.get("next", "")), plain(form.get("name", ""), LONGEST_NAME + 1)
        if not self._is_ours(request, form.get("token", "")):
            return self._form(request, onward, name, words.access.form_too_old, HTTPStatus.FORBIDDEN)
        if not 0 < len(name) <= LONGEST_NAME:
            return self._form(request, onward, "", words.access.name_missing, HTTPStatus.BAD_REQUEST)
        # Nothing is awaited between the look at the brake and the count, so that guesses cannot overtake one another.
        address = request.client.host if request.client else ""
        if (wait := self.throttle.wait(address)) > 0:
            minutes = timedelta(minutes=math.ceil(wait / 60))
            fault = words.access.too_many.format(duration=words.duration(minutes))
            refused = self._form(request, onward, name, fault, HTTPStatus.TOO_MANY_REQUESTS)
            refused.headers["Retry-After"] = str(math.ceil(wait))
            return refused
        role = role_of(self.policy.passwords, form.get("password", ""))
        if role is None:
            self.throttle.failed(address)
            _log.warning("a wrong password for the dashboard, from %s", address)
            return self._form(request, onward, name, words.access.wrong, HTTPStatus.FORBIDDEN)
        self.throttle.succeeded(address)
        return self._in(name, role, onward)

    async def to_provider(self, request: Request) -> Response:
        """Send the person to the identity provider."""
        request.session["next"] = _inside(request.query_params.get("next", ""))
        try:
            return await self._provider.begin(request)
        except ProviderFailed as error:
            return self._failed(request, error)

    async def from_provider(self, request: Request) -> Response:
        """Let in who comes back from the identity provider and has a role."""
        try:
            claims = await self._provider.claims(request)
        except ProviderFailed as error:
            return self._failed(request, error)
        onward = _inside(str(request.session.get("next", "")))
        request.session.clear()
        name = plain(verified_address(claims) or str(claims.get("name") or claims.get("sub") or ""), LONGEST_NAME)
        role = None if self.policy.provider is None else self.policy.provider.members.role(claims)
        if role is None:
            words = _words(request)
            text = words.access.no_access.format(name=name)
            return pages.notice(words, text, ("/login", words.access.log_in), HTTPStatus.FORBIDDEN)
        return self._in(name, role, onward)

    async def leave(self, request: Request) -> Response:
        """Log out: at once if a page of ours asks for it, else with a button."""
        words = _words(request)
        if request.method == "POST":
            try:
                form = await form_of(request)
            except ValueError:
                form = {}
            meant = self._is_ours(request, form.get("token", ""))
        else:
            meant = request.headers.get("sec-fetch-site") == "same-origin"
        if not meant:
            token, secret = self._token()
            return self._with_token(pages.logout_page(words, token), secret)
        if (session := self.sessions.read(request.cookies.get(self.cookie))) is not None:
            self.sessions.end(session)
        left = pages.notice(words, words.access.logged_out, ("/login", words.access.log_in))
        left.delete_cookie(self.cookie, path="/", secure=self.https, httponly=True, samesite="lax")
        return left

    @property
    def _provider(self) -> OpenIdConnect:
        if self.provider is None:
            raise RuntimeError("There is no provider, so nothing leads here.")
        return self.provider

    def _failed(self, request: Request, error: Exception) -> Response:
        _log.warning("a login by the provider has failed: %s", plain(str(error)))
        words = _words(request)
        link = ("/login", words.access.log_in)
        return pages.notice(words, words.access.provider_failed, link, HTTPStatus.BAD_GATEWAY)

    def _in(self, name: str, role: Role, onward: str) -> Response:
        response = RedirectResponse(onward, HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})
        response.set_cookie(
            self.cookie,
            self.sessions.issue(name, role),
            max_age=int(self.sessions.lasting.total_seconds()),
            path="/",
            secure=self.https,
            httponly=True,
            samesite="lax",
        )
        return response

    def _form(
        self, request: Request, onward: str, name: str = "", fault: str = "", status: HTTPStatus = HTTPStatus.OK
    ) -> Response:
        token, secret = self._token()
        by_provider = "" if self.provider is None else f"/login/provider?{urlencode({'next': onward})}"
        form = LoginForm(token, onward, by_provider, bool(self.policy.passwords), name, fault)
        return self._with_token(pages.login_page(_words(request), form, status), secret)

    def _token(self) -> tuple[str, str]:
        """Return what a form carries, and what the browser keeps beside it."""
        secret = secrets.token_urlsafe(16)
        return self._forms.dumps(secret), secret

    def _with_token(self, response: Response, secret: str) -> Response:
        response.set_cookie(
            self._form_cookie, secret, FORM_LASTS, path="/", secure=self.https, httponly=True, samesite="strict"
        )
        return response

    def _is_ours(self, request: Request, token: str) -> bool:
        """Return whether a form comes from a page that this browser was sent lately."""
        try:
            secret = self._forms.loads(token, max_age=FORM_LASTS)
        except BadData:
            return False
        kept = request.cookies.get(self._form_cookie, "")
        return kept.isascii() and hmac.compare_digest(kept, str(secret))

    @property
    def _forms(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._key, salt="form", signer_kwargs={"digest_method": hashlib.sha256})

    @property
    def _form_cookie(self) -> str:
        return ("__Host-" if self.https else "") + "banwatch-form"


def login_of(settings: DashboardSettings, policy: AccessPolicy) -> Login:
    """Return the pages of logging in and out that the settings ask for."""
    rules = repr(
        (
            sorted((role, password.get_secret_value()) for role, password in policy.passwords.items()),
            policy.provider and (policy.provider.metadata_url, policy.provider.client_id),
            policy.provider and [sorted(policy.provider.members.operators), sorted(policy.provider.members.viewers)],
        )
    )
    keys = split_keys(settings.dashboard_key) or (SecretStr(secrets.token_hex(32)),)
    sessions = Sessions(keys, rules, settings.dashboard_session, lambda: datetime.now(UTC))
    return Login(policy, sessions, Throttle(time.monotonic), _provider(settings, policy), is_https(settings))


def _provider(settings: DashboardSettings, policy: AccessPolicy) -> OpenIdConnect | None:
    if policy.provider is None:
        return None
    from dashboard.access.oidc import OpenIdConnect  # noqa: PLC0415 - an optional part

    return OpenIdConnect(policy.provider, settings.public_url)


def role_of(passwords: Mapping[Role, SecretStr], given: str) -> Role | None:
    """Return the role that a password gives, or None. All passwords are compared, so that the time tells nothing."""
    good = [role for role, password in passwords.items() if _same(password.get_secret_value(), given)]
    return good[0] if good else None


def _same(password: str, given: str) -> bool:
    """Return whether two texts are the same, in a time that depends on neither, nor on their lengths."""
    digests = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (password, given)]
    return hmac.compare_digest(*digests)


def _inside(address: str) -> str:
    """Return an address to go on to: a path of ours with its query, else the first page.

    Browsers read a backslash as a slash and drop control characters, and `//host` is another site.
    """
    printable = address.isprintable() and "\\" not in address and len(address) <= _LONGEST_NEXT
    ours = address.startswith("/") and not address.startswith(("//", "/login", "/logout"))
    return address if printable and ours else "/"


def _words(request: Request) -> Words:
    """Return the sentences of the language that the address or the browser asks for."""
    for wanted in (request.query_params.get("ui"), *_accepted(request.headers.get("accept-language", ""))):
        if wanted and (found := nearest(wanted)) and found.split("-")[0] == wanted.split("-")[0].lower():
            return WORDS[found]
    return WORDS["en"]


def _accepted(header: str) -> list[str]:
    """Return the languages of an `Accept-Language` header in its order, which is that of preference in browsers."""
    return [each.partition(";")[0].strip() for each in header.split(",")[:20]]
