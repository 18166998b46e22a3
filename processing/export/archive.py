"""Writes an export as a zip, in a fixed order and with a fixed time, so that the same parts give the same bytes."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from processing.contract import Incident
from processing.export import layout
from processing.export.contents import Contents, Part, Versions
from processing.export.crate import Described, metadata
from processing.queries import Reader

_BEGIN_OF_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3


@dataclass(frozen=True)
class Summary:
    """What an export holds."""

    files: int
    posts: int
    texts: int


def export(
    reader: Reader,
    incident: Incident,
    target: IO[bytes],
    *,
    scored_until: datetime,
    versions: Versions,
    at: datetime,
    with_texts: bool = False,
) -> Summary:
    """Write the export of an incident.

    The bytes depend on the store, the versions and `at`, the moment of the export, and on nothing else.

    Raises:
        StoreUnavailable: the store does not answer.
        StoreRefused: the store refuses a query.
    """
    contents = Contents(reader, incident, scored_until, versions, with_texts)
    with ZipFile(target, "w") as archive:
        files = [_written(archive, part) for part in contents.parts()]
        described = metadata(incident, files, versions.banwatch, at)
        files.append(_written(archive, Part(layout.METADATA, "", "", [described])))
        listed = layout.manifest({file.path: file.sha256 for file in files})
        _written(archive, Part(layout.MANIFEST, "", "", [listed]))
    return Summary(len(files) + 1, contents.posts, contents.texts)


def _written(archive: ZipFile, part: Part) -> Described:
    info = ZipInfo(part.path, _BEGIN_OF_ZIP_TIME)
    info.create_system, info.compress_type = _UNIX, ZIP_DEFLATED
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    size, digest = 0, hashlib.sha256()
    with archive.open(info, "w", force_zip64=True) as file:
        for piece in _gathered(part.pieces):
            file.write(piece)
            digest.update(piece)
            size += len(piece)
    return Described(part.path, part.name, part.media_type, size, digest.hexdigest())


def _gathered(pieces: Iterable[bytes], most: int = 1 << 16) -> Iterable[bytes]:
    """Yield short pieces joined to longer ones: compressing each line by itself would be slow."""
    kept: list[bytes] = []
    length = 0
    for piece in pieces:
        kept.append(piece)
        length += len(piece)
        if length >= most:
            yield b"".join(kept)
            kept, length = [], 0
    yield b"".join(kept)
