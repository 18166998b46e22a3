"""The outline of an archive: the number of its lines and their order in time. The first run makes it by reading all.

Later runs of the same contents take it from a file. The name of an archive covers only the beginnings of its files, so
the file of the outline also holds when each of them was last modified. Another version of banwatch may read times
otherwise, and makes its own outline.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
import structlog

from ingest.atomic_file import replace_file
from ingest.contract import Moment
from ingest.event_time import is_ahead
from ingest.sources.archive.records import BLOCK, ArchiveRecord, read_records
from ingest.sources.archive.table import Columns
from ingest.transport.files import BrokenLine
from ingest.transport.mapping import UNMAPPABLE

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ArchiveOutline:
    """The result of reading all lines. `floors[k]` is the earliest event time from line `k * BLOCK` on."""

    lines: int
    first: Moment
    last: Moment
    in_order: bool
    floors: tuple[Moment, ...]
    lasting: bool = True
    """Whether a later reading finds the same: no time is ahead of the wall clock, and the system refused no reading."""


def outline(paths: tuple[Path, ...], columns: Columns | None, now: datetime) -> ArchiveOutline | None:
    """Return the outline of an archive, or None if no line has a possible time. `now` is the wall clock's time."""
    lowest: list[datetime | None] = []
    first = last = None
    in_order, lasting, number = True, True, 0
    for record in read_records(paths, columns):
        number = record.number
        lasting = lasting and not (isinstance(record.content, BrokenLine) and record.content.transient)
        if (number - 1) % BLOCK == 0:
            lowest.append(None)
        for moment in _times(record):
            if is_ahead(moment, now):
                lasting = False
                continue
            in_order = in_order and (last is None or moment >= last)
            first = moment if first is None else min(first, moment)
            last = moment if last is None else max(last, moment)
            lowest[-1] = moment if lowest[-1] is None else min(lowest[-1], moment)
    if first is None or last is None:
        return None
    floors, floor = [], last
    for value in reversed(lowest):
        floor = floor if value is None else min(floor, value)
        floors.append(floor)
    return ArchiveOutline(number, first, last, in_order, tuple(reversed(floors)), lasting)


def _times(record: ArchiveRecord) -> list[datetime]:
    if isinstance(record.content, BrokenLine):
        return []
    try:
        return list(record.format.times(record.content))
    except UNMAPPABLE:
        return []


RULES = 1
"""Raise this number with each change of the lines that are found in a file, or of the time that is read from a line."""


class _Kept(msgspec.Struct, frozen=True):
    version: str
    rules: int
    modified: tuple[int, ...]
    outline: ArchiveOutline


def kept_outline(file: Path, paths: tuple[Path, ...], columns: Columns | None, now: datetime) -> ArchiveOutline | None:
    """Return the outline of an archive from `file`. If the file holds none that is valid, make it and keep it there.

    An outline that is not `lasting` is not kept.
    """
    # The times are taken before the reading: a change in the meantime makes the outline invalid.
    modified = tuple(path.stat().st_mtime_ns for path in paths)
    known = _read(file, modified, now)
    if known is None:
        known = outline(paths, columns, now)
        if known is not None and known.lasting:
            _write(file, _Kept(version("banwatch"), RULES, modified, known))
    return known


def _read(file: Path, modified: tuple[int, ...], now: datetime) -> ArchiveOutline | None:
    """Return the outline in `file`, or None if it is damaged, old, or made by a clock that was ahead."""
    try:
        kept = msgspec.json.decode(file.read_bytes(), type=_Kept)
    except (OSError, ValueError, RecursionError, msgspec.MsgspecError):
        return None
    known = kept.outline
    is_whole = len(known.floors) == -(-known.lines // BLOCK)
    made_alike = (kept.version, kept.rules, kept.modified) == (version("banwatch"), RULES, modified)
    return known if is_whole and made_alike and not is_ahead(known.last, now) else None


def _write(file: Path, kept: _Kept) -> None:
    try:
        replace_file(file, msgspec.json.encode(kept))
    except OSError as error:
        log.warning("outline not kept", file=str(file), reason=str(error))
