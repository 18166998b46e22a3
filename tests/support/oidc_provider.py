"""A small OpenID Connect provider: discovery, keys, the code flow with PKCE, and a page on which a person agrees."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

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
    """The provider. `claims` are those of whoever agrees next; `token` replaces fields of the identity token."""

    url: str = ""
    claims: Mapping[str, object] = field(default_factory=dict)
    token: Mapping[str, object] = field(default_factory=dict)
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
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
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
        credentials = base64.b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(str(form.get("code_verifier")).encode()).digest())
        if asked is None or asked["code_challenge"] != challenge.rstrip(b"=").decode():
            return JSONResponse({"error": "invalid_grant"}, 400)
        if credentials.partition(":")[0] != CLIENT:
            return JSONResponse({"error": "invalid_client"}, 401)
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 300, "nonce": asked["nonce"]}
        signer = self.signs_with or self.key
        identity = jwt.encode({"alg": "RS256", "kid": "1"}, claims | dict(self.claims) | dict(self.token), signer)
        return JSONResponse({"access_token": "unused", "token_type": "Bearer", "id_token": identity})


@contextmanager
def oidc_provider() -> Iterator[OidcProvider]:
    """Run a provider until the block ends."""
    provider = OidcProvider()
    routes = [
        Route("/.well-known/openid-configuration", provider.metadata),
        Route("/keys", provider.keys),
        Route("/authorize", provider.authorize),
        Route("/agree", provider.agree, methods=["POST"]),
        Route("/token", provider.exchange, methods=["POST"]),
    ]
    with serving(Starlette(routes=routes)) as url:
        provider.url = url
        yield provider
