"""Secrets that banwatch makes up and keeps in its data folder, for processes of this machine alone.

A file keeps each: of mode 0600, its own user's, in a folder that nobody else may write to. A secret that was made up is
in no environment and on no command line.
"""

from __future__ import annotations

import os
import secrets
import shlex
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from ingest.errors import Failure


class SecretUnusable(Failure):
    """A file holds no usable secret, or other users can read it; the message says what to do."""


_ANEW = "Stop what runs from that folder and remove the file: the next start makes up another one."


@dataclass(frozen=True)
class KeptSecret:
    """One secret: the name of its file, and what it is in a sentence."""

    file: str
    what: str

    def kept(self, folder: Path) -> SecretStr | None:
        """Return the secret that a data folder keeps, or None if it keeps none.

        Raises:
            SecretUnusable: the file cannot be used.
        """
        path = folder / self.file
        return self._read(path) if path.exists() else None

    def made_up(self, folder: Path) -> SecretStr:
        """Return the secret that a data folder keeps. The first call generates it.

        Raises:
            SecretUnusable: the file cannot be used.
        """
        path = folder / self.file
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _make_up(path)
        return self._read(path)

    def _read(self, kept: Path) -> SecretStr:
        try:
            with os.fdopen(os.open(kept, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
                self._require_private(kept, os.fstat(file.fileno()))
                secret = file.read(1024).decode("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise SecretUnusable(f"{kept} cannot be read: {reason}. {_ANEW}") from error
        if not secret:
            raise SecretUnusable(f"{kept} is empty. {_ANEW}")
        return SecretStr(secret)

    def _require_private(self, kept: Path, found: os.stat_result) -> None:
        """Refuse a file that another user could have read or written."""
        if not stat.S_ISREG(found.st_mode):
            raise SecretUnusable(f"{kept} is not a file. {_ANEW}")
        if found.st_uid != os.geteuid():
            raise SecretUnusable(
                f"{kept} belongs to user {found.st_uid}, and this is user {os.geteuid()}: run banwatch as that user, "
                "or set BANWATCH_DATA_DIR to another folder."
            )
        if found.st_mode & 0o077:
            raise SecretUnusable(f"Others can read {kept}: run `chmod 600 {shlex.quote(str(kept))}`.")
        folder = kept.parent.stat()
        if folder.st_uid != os.geteuid() or folder.st_mode & 0o022:
            raise SecretUnusable(
                f"Others can write to {kept.parent}, where {self.what} lies: run "
                f"`chmod 700 {shlex.quote(str(kept.parent))}`."
            )


def _make_up(kept: Path) -> None:
    """Write a new secret to a draft file, and give the file its name once it is on the disk.

    An existing file stays.
    """
    handle, draft = tempfile.mkstemp(dir=kept.parent, prefix=f".{kept.name}-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(24))
            file.flush()
            os.fsync(file.fileno())
        # A rename would replace a secret that another process has generated and uses by now.
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
