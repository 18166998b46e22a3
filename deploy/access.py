"""The check of who may come to the dashboard, before anything is started."""

from __future__ import annotations

from dashboard.access.policy import AccessMisconfigured, policy_of
from deploy.optional_dependencies import require
from deploy.settings import Settings, SettingsError


def check_access(settings: Settings) -> None:
    """Refuse settings that leave the dashboard open, or that nobody could log in by.

    Raises:
        SettingsError: with what is to be set.
        NotInstalled: the login by an identity provider needs a package that is not installed.
    """
    try:
        policy = policy_of(settings.dashboard)
    except AccessMisconfigured as error:
        raise SettingsError(str(error)) from error
    if policy.provider is not None:
        require("authlib", "or set a shared password in place of BANWATCH_OIDC_METADATA_URL")
