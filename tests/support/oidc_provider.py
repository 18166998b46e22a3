"""A small OpenID Connect provider: discovery, keys, the code flow with PKCE, and a page on which a person agrees."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus, urlencode

from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.support.asgi import serving

CLIENT, SECRET = "banwatch", "the provider's secret of banwatch"


@dataclass
class OidcProvider:
    """The provider. `claims` are those of whoever agrees next; `token` replaces fields of the identity token.

    UserInfo says the claims too, unless `said` is what it says instead; with `lean`, the identity token has none of
    them. Clients authenticate by one of `methods`.
    """

    url: str = ""
    claims: Mapping[str, object] = field(default_factory=dict)
    token: Mapping[str, object] = field(default_factory=dict)
    lean: bool = False
    said: Response | None = None
    has_userinfo: bool = True
    methods: tuple[str, ...] = ("client_secret_basic", "client_secret_post")
    access_tokens: set[str] = field(default_factory=set)
    codes: dict[str, Mapping[str, str]] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "1", "use": "sig"}))
    signs_with: RSAKey | None = None

    def metadata(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "token_endpoint_auth_methods_supported": self.methods,
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
            | ({"userinfo_endpoint": f"{self.url}/userinfo"} if self.has_userinfo else {})
        )

    def keys(self, _: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    def authorize(self, request: Request) -> Response:
        """Show a page with a button; a provider never sends a person back unasked."""
        asked = dict(request.query_params)
        if asked.get("client_id") != CLIENT or asked.get("code_challenge_method") != "S256" or "nonce" not in asked:
            return Response("no such client", 400)
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        back = f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
        return HTMLResponse(
            f'<form method="post" action="/agree?{urlencode({"to": back})}"><button>Agree</button></form>'
        )

    def agree(self, request: Request) -> Response:
        return RedirectResponse(request.query_params["to"], 303)

    async def exchange(self, request: Request) -> Response:
        form = await request.form()
        asked = self.codes.pop(str(form.get("code")), None)
        basic = base64.b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode()
        method = "client_secret_basic" if basic else "client_secret_post"
        client, _, secret = basic.partition(":")
        given = (
            (unquote_plus(client), unquote_plus(secret))
            if basic
            else (form.get("client_id"), form.get("client_secret"))
        )
        challenge = base64.urlsafe_b64encode(hashlib.sha256(str(form.get("code_verifier")).encode()).digest())
        if asked is None or asked["code_challenge"] != challenge.rstrip(b"=").decode():
            return JSONResponse({"error": "invalid_grant"}, 400)
        if method not in self.methods or given != (CLIENT, SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        signer = self.signs_with or self.key
        own = {} if self.lean else dict(self.claims)
        identity = jwt.encode({"alg": "RS256", "kid": "1"}, claims | own | dict(self.token), signer)
        self.access_tokens.add(access := secrets.token_urlsafe(16))
        return JSONResponse({"access_token": access, "token_type": "Bearer", "id_token": identity})

    def userinfo(self, request: Request) -> Response:
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self.access_tokens:
            return JSONResponse({"error": "invalid_token"}, 401)
        return self.said or JSONResponse({"sub": "1"} | dict(self.claims))


@contextmanager
def oidc_provider(**fields: Any) -> Iterator[OidcProvider]:
    """Run a provider until the block ends."""
    provider = OidcProvider(**fields)
    routes = [
        Route("/.well-known/openid-configuration", provider.metadata),
        Route("/keys", provider.keys),
        Route("/authorize", provider.authorize),
        Route("/agree", provider.agree, methods=["POST"]),
        Route("/token", provider.exchange, methods=["POST"]),
        Route("/userinfo", provider.userinfo),
    ]
    with serving(Starlette(routes=routes)) as url:
        provider.url = url
        yield provider
