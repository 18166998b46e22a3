"""The operators' desk on both sides: the keys of the answers' server, and the client that the dashboard is lent.

On one machine nothing has to be set: the data folder keeps a key that was made up. Where the answers' server is on
another machine, `BANWATCH_DESK_URL` and `BANWATCH_DESK_KEY` say where, and what both know.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from pydantic import SecretStr

from dashboard.desk import HttpDesk
from dashboard.host_names import HostNames
from deploy.kept_secrets import KeptSecret
from deploy.settings import LOOPBACK, Settings
from processing.setting_types import split_keys

DESK_KEY = KeptSecret("desk-key", "the key of the operators' desk")


def keys_of_server(settings: Settings) -> tuple[SecretStr, ...]:
    """Return the keys that the answers' server accepts, none if it has no desk.

    A server that only this machine can reach makes up a key.

    Raises:
        SecretUnusable: the kept key cannot be used.
    """
    if keys := split_keys(settings.dashboard.desk_key):
        return keys
    here = HostNames(settings.alerts.answers_host).loopback
    return (DESK_KEY.made_up(settings.data_dir),) if here else ()


def names_of_server(settings: Settings) -> HostNames:
    """Return the host names by which the dashboard comes to the answers' server."""
    hosts = {urlsplit(url).hostname for url in (settings.dashboard.desk_url, settings.alerts.answers_url)}
    return HostNames(settings.alerts.answers_host, frozenset(host for host in hosts if host))


def reached_at(host: str) -> str:
    """Return the host, as part of an address, at which this machine reaches a server that listens on `host`."""
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - where somebody listens
    return f"[{here}]" if ":" in here else here


def desk_of(settings: Settings) -> HttpDesk | None:
    """Return the desk for the dashboard, or None if there is no key.

    Raises:
        SecretUnusable: the kept key cannot be used.
    """
    url = settings.dashboard.desk_url
    keys = split_keys(settings.dashboard.desk_key)
    if not keys and urlsplit(url).hostname in LOOPBACK and (kept := DESK_KEY.kept(settings.data_dir)) is not None:
        keys = (kept,)
    return HttpDesk(url, keys, lambda: datetime.now(UTC)) if keys else None
