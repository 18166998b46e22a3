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
_BASIC, _POST = "client_secret_basic", "client_secret_post"
_OF_THE_TOKEN = ("sub", "iss", "aud")
"""Claims of the identity token that nothing else may say: the signature is on them."""


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
        """Return what the provider says of the person who comes back, in a verified identity token and in UserInfo.

        Raises:
            ProviderFailed: the person has refused, the request is no answer to one of ours, the token is not good, or
                the provider has UserInfo and it is not of this person or cannot be read.
        """
        try:
            metadata = await self._metadata()
            token = await self._client.authorize_access_token(request)
        except _FAILURES as error:
            raise ProviderFailed(str(error)) from error
        claims = token.get("userinfo")
        if not claims:
            raise ProviderFailed("The provider has sent no identity token.")
        endpoint = metadata.get("userinfo_endpoint")
        return _merged(claims, await self._userinfo(endpoint, token)) if endpoint else dict(claims)

    async def _metadata(self) -> Mapping[str, Any]:
        """Return the provider's metadata, by which the client sends its secret in a way that the provider takes."""
        metadata: Mapping[str, Any] = await self._client.load_server_metadata()
        methods = metadata.get("token_endpoint_auth_methods_supported") or [_BASIC]
        if _BASIC not in methods and _POST in methods:
            self._client.client_kwargs["token_endpoint_auth_method"] = _POST
        return metadata

    async def _userinfo(self, endpoint: str, token: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            answer = await self._client.get(endpoint, token=token)
            answer.raise_for_status()
            said = answer.json()
        except _FAILURES as error:
            raise ProviderFailed(f"The provider's UserInfo cannot be read: {error}") from error
        if not isinstance(said, dict):
            raise ProviderFailed("The provider's UserInfo is not a JSON object.")
        return said


def _merged(claims: Mapping[str, Any], said: Mapping[str, Any]) -> Mapping[str, object]:
    """Return the claims of an identity token with those of UserInfo, which has what many providers keep out of tokens.

    Raises:
        ProviderFailed: UserInfo is of another person.
    """
    if not said.get("sub") or said["sub"] != claims.get("sub"):
        raise ProviderFailed("The provider's UserInfo is of another person than its identity token.")
    own = dict(claims)
    if "email" in said:
        own.pop("email_verified", None)  # it is said of the address in the token
    return own | dict(said) | {name: claims[name] for name in _OF_THE_TOKEN if name in claims}


_FAILURES = (
    *(AuthlibBaseError, JoseError, httpx2.HTTPError, httpx2.InvalidURL, RuntimeError),
    *(ValueError, KeyError, TypeError),
)
"""What the library raises when a provider is away or sends something else than it should."""
