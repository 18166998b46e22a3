"""The manifest of a backup.

A backup is a directory of compressed files in ClickHouse's format Native, and manifest.json.

The manifest is written last and holds the size and SHA-256 of every file. A restore therefore detects an incomplete or
changed backup before it loads any row.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

import msgspec

from ingest.errors import Failure

MANIFEST_FILE = "manifest.json"
LAYOUT = 1


class BackupUnusable(Failure):
    """A backup cannot be made or restored; the message is one sentence for a person."""


class File(msgspec.Struct, frozen=True):
    """One file of a backup: the newest version of each row in one partition of a table. `size` is in bytes."""

    table: str
    name: str
    rows: int
    size: int
    sha256: str


class Applied(msgspec.Struct, frozen=True):
    """A migration that the database had applied."""

    number: int
    name: str
    checksum: str


class Manifest(msgspec.Struct, frozen=True):
    """The contents of a backup. `began` is the version taken at the start of the backup.

    Counts with a later version may include posts that the backup does not hold.
    """

    layout: int
    database: str
    engine: str
    made_at: datetime
    began: int
    migrations: tuple[Applied, ...]
    files: tuple[File, ...]

    def rows(self) -> dict[str, int]:
        """Return the number of rows of each table."""
        return {table: sum(f.rows for f in self.files if f.table == table) for table in {f.table for f in self.files}}


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest beside its files."""
    (folder / MANIFEST_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")


def read(folder: Path) -> Manifest:
    """Read the manifest and check every file against it.

    Raises:
        BackupUnusable: the manifest is missing or unreadable, or a file is missing, incomplete or changed. The message
            names the first such file.
    """
    try:
        manifest = msgspec.json.decode((folder / MANIFEST_FILE).read_bytes(), type=Manifest)
    except OSError as error:
        raise BackupUnusable(f"{folder} is no backup: its {MANIFEST_FILE} cannot be read, {error.strerror}.") from error
    except msgspec.MsgspecError as error:
        raise BackupUnusable(f"{folder / MANIFEST_FILE} does not read as a manifest: {error}.") from error
    if manifest.layout != LAYOUT:
        raise BackupUnusable(f"{folder} was made by another banwatch, with layout {manifest.layout}: use that one.")
    for file in manifest.files:
        _check(folder, file)
    return manifest


def _check(folder: Path, file: File) -> None:
    path = folder / file.name
    if Path(file.name).name != file.name or not path.is_file():
        raise BackupUnusable(f"The backup is not whole: {path} is missing. Nothing was restored.")
    if (size := path.stat().st_size) != file.size:
        raise BackupUnusable(
            f"The backup is not whole: {path} has {size:,} bytes instead of {file.size:,}. Nothing was restored."
        )
    with path.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != file.sha256:
        raise BackupUnusable(f"The backup has changed since it was made: {path} differs. Nothing was restored.")
