"""What the settings say of who may come to the dashboard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dashboard.access.members import Members, entries
from dashboard.host_names import LOCAL_NAMES, HostNames
from dashboard.viewer import Role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import SecretStr

    from dashboard.settings import DashboardSettings

SHORTEST_PASSWORD = 12
"""Characters of a shared password at least."""


class AccessMisconfigured(Exception):
    """The settings of access leave the dashboard open, or contradict each other; the message is one sentence."""


@dataclass(frozen=True)
class Provider:
    """An identity provider that speaks OpenID Connect, and who of its people may come."""

    metadata_url: str
    client_id: str
    client_secret: SecretStr
    members: Members


class ProviderFailed(Exception):
    """The provider does not answer, or what came back is no login. The message is for the log."""


@dataclass(frozen=True)
class AccessPolicy:
    """Who may come to the dashboard.

    With neither passwords nor a provider nor `anonymous`, only this machine reaches the dashboard, and whoever is on it
    is its operator.
    """

    passwords: Mapping[Role, SecretStr]
    provider: Provider | None
    anonymous: bool
    """Whether everybody may read without a login."""

    @property
    def asks(self) -> bool:
        """Whether people can log in."""
        return bool(self.passwords) or self.provider is not None

    @property
    def local(self) -> bool:
        """Whether whoever comes is the operator of their own machine."""
        return not self.asks and not self.anonymous


def policy_of(settings: DashboardSettings) -> AccessPolicy:
    """Return the policy of the settings.

    Raises:
        AccessMisconfigured: others than this machine reach the dashboard and nothing is said of who may, or a setting
            of the login is missing or weak.
    """
    policy = AccessPolicy(_passwords(settings), _provider(settings), settings.dashboard_anonymous)
    if policy.local and (reason := _reached_from_elsewhere(settings)):
        raise AccessMisconfigured(
            f"{reason}, so others than this machine can reach the dashboard, and nobody would have to log in: set "
            "BANWATCH_DASHBOARD_OPERATOR_PASSWORD or a login (see docs/access.md), or BANWATCH_DASHBOARD_ANONYMOUS=1 "
            "if everybody may read it."
        )
    return policy


def _reached_from_elsewhere(settings: DashboardSettings) -> str:
    if not HostNames(settings.dashboard_host).loopback:
        return f"BANWATCH_DASHBOARD_HOST is {settings.dashboard_host}"
    if settings.names - LOCAL_NAMES:
        return "BANWATCH_DASHBOARD_NAMES or BANWATCH_PUBLIC_URL names a host"
    return ""


def _passwords(settings: DashboardSettings) -> Mapping[Role, SecretStr]:
    given = {
        Role.OPERATOR: settings.dashboard_operator_password,
        Role.VIEWER: settings.dashboard_viewer_password,
    }
    passwords = {role: password for role, password in given.items() if password.get_secret_value()}
    if any(len(password.get_secret_value()) < SHORTEST_PASSWORD for password in passwords.values()):
        raise AccessMisconfigured(
            f"A password of the dashboard has fewer than {SHORTEST_PASSWORD} characters: `openssl rand -base64 18` "
            "makes a good one."
        )
    if len({password.get_secret_value() for password in passwords.values()}) < len(passwords):
        raise AccessMisconfigured(
            "BANWATCH_DASHBOARD_VIEWER_PASSWORD and BANWATCH_DASHBOARD_OPERATOR_PASSWORD are the same: every viewer "
            "would be an operator."
        )
    return passwords


def _provider(settings: DashboardSettings) -> Provider | None:
    given = {
        "BANWATCH_OIDC_METADATA_URL": settings.oidc_metadata_url,
        "BANWATCH_OIDC_CLIENT_ID": settings.oidc_client_id,
        "BANWATCH_OIDC_CLIENT_SECRET": settings.oidc_client_secret.get_secret_value(),
        "BANWATCH_PUBLIC_URL": settings.public_url,
    }
    if not any(list(given.values())[:3]):
        return None
    if missing := [name for name, value in given.items() if not value]:
        raise AccessMisconfigured(f"The login by an identity provider also needs {' and '.join(missing)}.")
    members = Members(entries(settings.oidc_operators), entries(settings.oidc_viewers), settings.oidc_claim)
    if not members.operators | members.viewers:
        raise AccessMisconfigured("Nobody could log in: BANWATCH_OIDC_OPERATORS and BANWATCH_OIDC_VIEWERS name nobody.")
    if not members.claim and (odd := sorted(each for each in members.operators | members.viewers if "@" not in each)):
        raise AccessMisconfigured(
            f"{odd[0]!r} is neither an e-mail address nor a domain (`@example.org`): where it is a value of a claim, "
            "name the claim in BANWATCH_OIDC_CLAIM."
        )
    return Provider(settings.oidc_metadata_url, settings.oidc_client_id, settings.oidc_client_secret, members)


def is_https(settings: DashboardSettings) -> bool:
    """Return whether people come by https, so that cookies may be kept from plain connections."""
    return urlsplit(settings.public_url).scheme == "https"
