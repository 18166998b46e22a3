"""The address of the store's writer, and the password that a data folder keeps for the writer.

A user's own store has a password that the user sets. A store that banwatch starts has a generated password, which no
person needs to know. A file in the data folder keeps it, and every process that writes reads it there.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from deploy.kept_secrets import KeptSecret
from deploy.settings import LOOPBACK, Settings
from processing.contract import ClickHouseAddress

WRITER_PASSWORD = KeptSecret("writer-password", "the store's password")


def writer(settings: Settings) -> ClickHouseAddress:
    """Return the store's address for the user that may write.

    If no password is set and the data folder keeps one, the store must prove that it belongs to this folder.

    Raises:
        SecretUnusable: the password file cannot be used.
    """
    given = settings.processing.clickhouse
    url = urlsplit(given.url)
    if given.password.get_secret_value() or url.hostname not in LOOPBACK or url.scheme != "http":
        return given
    password = WRITER_PASSWORD.kept(settings.data_dir)
    return given if password is None else replace(given, password=password, proves=True)


def kept_password(folder: Path) -> SecretStr:
    """Return the password that a data folder keeps for its store. The first call generates the password.

    Raises:
        SecretUnusable: the password file cannot be used.
    """
    return WRITER_PASSWORD.made_up(folder)
