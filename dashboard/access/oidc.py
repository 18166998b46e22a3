"""Logging in by an identity provider that speaks OpenID Connect: the authorization code flow, with PKCE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.starlette_client import OAuth
from joserfc.errors import JoseError

from dashboard.access.policy import ProviderFailed

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from dashboard.access.policy import Provider

CALLBACK = "/login/callback"
_TIMEOUT = 10


class OpenIdConnect:
    """The client of one provider. `base` is the address at which people reach the dashboard."""

    def __init__(self, provider: Provider, base: str) -> None:
        self._callback = base.rstrip("/") + CALLBACK
        self._client: Any = OAuth().register(
            "provider",
            server_metadata_url=provider.metadata_url,
            client_id=provider.client_id,
            client_secret=provider.client_secret.get_secret_value(),
            client_kwargs={
                "scope": "openid email profile",
                "code_challenge_method": "S256",
                "timeout": _TIMEOUT,
                "trust_env": False,
            },
        )

    async def begin(self, request: Request) -> Response:
        """Return the redirect to the provider. The request's session remembers what the provider has to send back.

        Raises:
            ProviderFailed: the provider's metadata cannot be read.
        """
        try:
            response: Response = await self._client.authorize_redirect(request, self._callback)
        except _FAILURES as error:
            raise ProviderFailed(str(error)) from error
        return response

    async def claims(self, request: Request) -> Mapping[str, object]:
        """Return what the provider says of the person who comes back, out of an identity token that was verified.

        Raises:
            ProviderFailed: the person has refused, the request is no answer to one of ours, or the token is not good.
        """
        try:
            token = await self._client.authorize_access_token(request)
        except _FAILURES as error:
            raise ProviderFailed(str(error)) from error
        claims = token.get("userinfo")
        if not claims:
            raise ProviderFailed("The provider has sent no identity token.")
        return dict(claims)


_FAILURES = (AuthlibBaseError, JoseError, httpx2.HTTPError, RuntimeError, ValueError, KeyError)
"""What the library raises when a provider is away or sends something else than it should."""
