"""The writer of the store: where it writes, and the password that a data folder keeps for it.

A store of people's own has a password that they set, and it is sent as they set it. A store that banwatch starts has
one that was made up, which nobody needs to know: it lies in a file, and whoever writes reads it there.
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
    """The file holds no password that could be used, or others can read it; the message says what to do."""


def writer(settings: Settings) -> ClickHouseAddress:
    """The store, as the user that may write.

    Where no password is set, and the data folder keeps one, the store has to prove that it is this folder's.

    Raises:
        PasswordUnusable
    """
    given = settings.processing.clickhouse
    kept = settings.data_dir / KEPT_IN
    url = urlsplit(given.url)
    if given.password.get_secret_value() or url.hostname not in LOOPBACK or url.scheme != "http" or not kept.exists():
        return given
    return replace(given, password=_read(kept), proves=True)


def kept_password(folder: Path) -> SecretStr:
    """The password that a data folder keeps for the store that is started from it. The first call makes it up.

    Raises:
        PasswordUnusable
    """
    kept = folder / KEPT_IN
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make_up(kept)
    return _read(kept)


def _make_up(kept: Path) -> None:
    """Write a new one aside, and give it its name when it is on the disk; one that is there by then stays."""
    handle, draft = tempfile.mkstemp(dir=kept.parent, prefix=f".{KEPT_IN}-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(24))
            file.flush()
            os.fsync(file.fileno())
        # A rename would replace what another process has made up, and uses, meanwhile.
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
    """See that nobody else could have read the password, or written another one."""
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
