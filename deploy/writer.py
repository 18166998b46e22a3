"""The address of the store's writer, and the password that a data folder keeps for the writer.

A user's own store has a password that the user sets. A store that banwatch starts has a generated password, which no
person needs to know. A file in the data folder keeps it, and every process that writes reads it there.
"""

from __future__ import annotations

import os
import secrets
import shlex
import stat
import tempfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from deploy.settings import LOOPBACK, Settings
from ingest.errors import Failure
from processing.contract import ClickHouseAddress

KEPT_IN = "writer-password"


class PasswordUnusable(Failure):
    """The password file holds no usable password, or other users can read it; the message says what to do."""


def writer(settings: Settings) -> ClickHouseAddress:
    """Return the store's address for the user that may write.

    If no password is set and the data folder keeps one, the store must prove that it belongs to this folder.

    Raises:
        PasswordUnusable: the password file cannot be used.
    """
    given = settings.processing.clickhouse
    kept = settings.data_dir / KEPT_IN
    url = urlsplit(given.url)
    if given.password.get_secret_value() or url.hostname not in LOOPBACK or url.scheme != "http" or not kept.exists():
        return given
    return replace(given, password=_read(kept), proves=True)


def kept_password(folder: Path) -> SecretStr:
    """Return the password that a data folder keeps for its store. The first call generates the password.

    Raises:
        PasswordUnusable: the password file cannot be used.
    """
    kept = folder / KEPT_IN
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make_up(kept)
    return _read(kept)


def _make_up(kept: Path) -> None:
    """Write a new password to a draft file, and give the file its name once it is on the disk.

    An existing file stays.
    """
    handle, draft = tempfile.mkstemp(dir=kept.parent, prefix=f".{KEPT_IN}-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(24))
            file.flush()
            os.fsync(file.fileno())
        # A rename would replace a password that another process has generated and uses by now.
        os.link(draft, kept)
    except FileExistsError:
        return
    finally:
        Path(draft).unlink()
    _sync(kept.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(kept: Path) -> SecretStr:
    try:
        with os.fdopen(os.open(kept, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            _require_private(kept, os.fstat(file.fileno()))
            password = file.read(1024).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise PasswordUnusable(f"{kept} cannot be read: {reason}. {_ANEW}") from error
    if not password:
        raise PasswordUnusable(f"{kept} is empty. {_ANEW}")
    return SecretStr(password)


_ANEW = "Stop what runs from that folder and remove the file: the next start of the store makes up another password."


def _require_private(kept: Path, found: os.stat_result) -> None:
    """Refuse a password file that another user could have read or written."""
    if not stat.S_ISREG(found.st_mode):
        raise PasswordUnusable(f"{kept} is not a file. {_ANEW}")
    if found.st_uid != os.geteuid():
        raise PasswordUnusable(
            f"{kept} belongs to user {found.st_uid}, and this is user {os.geteuid()}: run banwatch as that user, or "
            "set BANWATCH_DATA_DIR to another folder."
        )
    if found.st_mode & 0o077:
        raise PasswordUnusable(f"Others can read {kept}: run `chmod 600 {shlex.quote(str(kept))}`.")
    folder = kept.parent.stat()
    if folder.st_uid != os.geteuid() or folder.st_mode & 0o022:
        raise PasswordUnusable(
            f"Others can write to {kept.parent}, where the store's password lies: run "
            f"`chmod 700 {shlex.quote(str(kept.parent))}`."
        )
