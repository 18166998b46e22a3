"""The archive source reads posts from a file, a folder or standard input, in the forms of `formats`.

Files are read twice. The first reading makes the outline: the number of lines and their order in time. With the
outline, progress has a total, and the watermark never passes a later post. The second reading yields the posts. A later
run takes the outline from a file and passes over the lines up to its cursor, which costs little.
Standard input is read once and is taken to be in order of time, within `DISORDER`.

A time later than the wall clock, or earlier than any network, is impossible. It moves no watermark, and a post without
another time is rejected.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec

from ingest.contract import ARCHIVE_PREFIX, NotAPost, Post, Rejected, RejectionKind, decode_post, encode, raw_text
from ingest.errors import Misconfigured, Transient
from ingest.event_time import Impossible, event_time, is_ahead, time_of
from ingest.source import Clock, Cursor, Item, Pause, Steps, Watermark, decode_cursor, utc_now
from ingest.sources.archive.formats import POSTS
from ingest.sources.archive.outline import ArchiveOutline, kept_outline, outline
from ingest.sources.archive.records import BLOCK, ArchiveRecord, read_records
from ingest.sources.archive.table import columns_from
from ingest.transport.files import BrokenLine, fingerprint
from ingest.transport.mapping import UNMAPPABLE

DISORDER = timedelta(minutes=2)
"""The most by which a post on standard input may be out of order before it counts as late."""

TICK = timedelta(minutes=1)
MOST_TICKS = 60
STANDARD_INPUT = "-"
ARCHIVED = re.compile(r"\.(ndjson|jsonl|json|csv|tar)(\.(gz|zst|bz2))?$|^R[SC]_.*\.(zst|bz2)$")


class Played(NamedTuple):
    """What a run reads of an archive: lines that earlier runs had read, all lines, the first and last event time."""

    lines_before: int
    lines: int
    first: datetime
    last: datetime


def to_posts(record: ArchiveRecord, shift: timedelta, now: datetime) -> list[Post | Rejected]:
    """Return one line's posts, with times moved by `shift`, or the reason why it has none.

    `now` is the wall clock's time.
    """
    if isinstance(record.content, BrokenLine):
        return [_rejected(record, record.content.reason)]
    try:
        posts = list(record.format.to_posts(record.content))
        if record.format is not POSTS:
            for post in posts:
                decode_post(encode(post))
        return [
            _rejected(record, doubt, "impossible_time") if (doubt := _doubt(post, now)) else _moved(post, shift)
            for post in posts
        ]
    except NotAPost as error:
        reason = str(error)
    except UNMAPPABLE as error:
        reason = f"Not a line of {record.format.name}: {error}."
    return [_rejected(record, reason)]


def _doubt(post: Post, now: datetime) -> str:
    """Return the reason why a post has no possible time, or an empty text. A `delete` needs no time of its own."""
    if post.op == "delete":
        return ""
    try:
        at = event_time(post).at
    except Impossible as error:
        return str(error)
    return f"The post is of {at.isoformat()}, which is later than now." if is_ahead(at, now) else ""


def _rejected(record: ArchiveRecord, reason: str, kind: RejectionKind = "unreadable") -> Rejected:
    raw = "" if isinstance(record.content, BrokenLine) else raw_text(record.content)
    return Rejected(source="archive", where=record.where, reason=reason, raw=raw, kind=kind)


def _moved(post: Post, shift: timedelta) -> Post:
    if not shift:
        return post
    seen_at = None if post.seen_at is None else post.seen_at + shift
    return msgspec.structs.replace(post, created_at=post.created_at + shift, seen_at=seen_at)


def archive_files(path: Path) -> tuple[Path, ...]:
    """Return the files of an archive: the path itself, or the files of a folder sorted by name.

    Raises:
        Misconfigured: there is no such file, or the folder holds no archive.
    """
    if path.is_dir():
        files = tuple(sorted(file for file in path.iterdir() if ARCHIVED.search(file.name)))
        if not files:
            raise Misconfigured(
                f"The folder {path} holds no archive: it needs files named .ndjson, .jsonl, .json, .csv or .tar, "
                "also with .gz, .zst or .bz2 behind, or RS_*.zst and RC_*.zst."
            )
        return files
    if not path.is_file() and str(path) != STANDARD_INPUT:
        raise Misconfigured(f"There is no archive at {path}.")
    return (path,)


def archive_name(files: tuple[Path, ...], columns: str | None = None) -> str:
    """Return the name of the collector that reads these files. Another mapping of columns makes another archive."""
    name = ARCHIVE_PREFIX + ("stdin" if str(files[0]) == STANDARD_INPUT else fingerprint(files))
    return name if columns is None else f"{name}-{hashlib.sha256(columns.encode()).hexdigest()[:8]}"


class ArchiveCursor(msgspec.Struct, frozen=True):
    """The cursor: the number of the last line whose posts were all sent, and the seconds by which times are moved."""

    line: Annotated[int, msgspec.Meta(ge=0)] = 0
    shift: float | None = None


class Archive:
    """A source that reads an archive from its cursor to its end.

    `shift_to` moves all times so that the archive ends then. The cursor keeps the first run's shift, so a resumed run
    moves the times equally.

    `outlines` is the folder in which outlines are kept from run to run; without it, each run makes its own.
    """

    def __init__(
        self,
        path: Path,
        *,
        shift_to: datetime | None = None,
        columns: str | None = None,
        outlines: Path | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self.files = archive_files(path)
        self.name = archive_name(self.files, columns)
        """`archive-` and a fingerprint of the contents, so the same archive has the same name in every place."""
        self.columns = None if columns is None else columns_from(columns)
        self.streamed = str(path) == STANDARD_INPUT
        if self.streamed and shift_to:
            raise Misconfigured("Standard input cannot be moved to end now: its end is not known. Give a file.")
        self.shift_to = shift_to
        self._clock = clock
        self.outline = None if self.streamed else self._outline(outlines)
        self.played: Played | None = None
        """What the first `read` has begun with; None before it, and for standard input, whose end is not known."""

    def _outline(self, folder: Path | None) -> ArchiveOutline | None:
        if folder is None:
            return outline(self.files, self.columns, self._clock())
        return kept_outline(folder / f"{self.name}.json", self.files, self.columns, self._clock())

    def read(self, cursor: Cursor) -> Steps:
        """Yield the posts after the cursor, and the watermark."""
        kept = decode_cursor(cursor, ArchiveCursor, self.name)
        start, shift = kept.line, self._shift(kept)
        if self.outline is not None and self.played is None:
            self.played = Played(start, self.outline.lines, self.outline.first + shift, self.outline.last + shift)
        reach = _Reach(self.outline, shift)
        settings = {"shift": shift.total_seconds()}
        for record in read_records(self.files, self.columns, after=start):
            number = record.number
            if number % BLOCK == 0:
                yield Pause(0)
            if number <= start:
                if isinstance(record.content, BrokenLine) and record.content.transient and self._was_readable:
                    # Every line behind it would have another number, and lines that nobody has sent would be skipped.
                    raise Transient(record.content.reason)
                continue
            here: Cursor = {"line": number, **settings}
            before: Cursor = {"line": number - 1, **settings}
            found = to_posts(record, shift, self._clock())
            for position, each in enumerate(found, start=1):
                for until in reach.before(number, each):
                    yield Watermark(reach.since, until, before)
                # A line is finished when its last post is yielded.
                yield Item(each, here if position == len(found) else before)
            start = number
        if reach.end is not None:
            yield Watermark(reach.since, reach.end, {"line": start, **settings}, complete=True)

    @property
    def _was_readable(self) -> bool:
        return self.outline is not None and self.outline.lasting

    def _shift(self, kept: ArchiveCursor) -> timedelta:
        if kept.shift is not None:
            return timedelta(seconds=kept.shift)
        if self.shift_to is None or self.outline is None:
            return timedelta()
        return timedelta(seconds=round((self.shift_to - self.outline.last).total_seconds()))


def _time_of(found: Post | Rejected) -> datetime | None:
    return time_of(found) if isinstance(found, Post) and found.op == "post" else None


class _Reach:
    """The event time that the reading has reached. It never passes a line that is still to be read."""

    def __init__(self, known: ArchiveOutline | None, shift: timedelta) -> None:
        self._outline = known
        self._shift = shift
        self._told: datetime | None = None
        self._latest: datetime | None = None
        self._first = None if known is None else known.first + shift

    @property
    def since(self) -> datetime:
        if self._first is None:
            raise ValueError("nothing was read yet")
        return self._first

    @property
    def end(self) -> datetime | None:
        return self._latest if self._outline is None else self._outline.last + self._shift

    def before(self, number: int, found: Post | Rejected) -> Iterator[datetime]:
        """Yield, in order, the watermarks that are valid before line `number` is sent."""
        at = _time_of(found)
        if at is not None:
            self._first = self._first or at
            self._latest = at if self._latest is None else max(self._latest, at)
        safe = self._safe(number, found)
        if safe is None or (self._told is not None and safe < self._told + timedelta(seconds=1)):
            return
        if self._told is not None and safe - self._told > TICK:
            step = max(TICK, (safe - self._told) / MOST_TICKS)
            while self._told + step < safe:
                self._told += step
                yield self._told
        self._told = safe
        yield safe

    def _safe(self, number: int, found: Post | Rejected) -> datetime | None:
        if self._outline is None:
            return None if self._latest is None or self._first is None else max(self._latest - DISORDER, self._first)
        if self._outline.in_order:
            return _time_of(found)
        if (number - 1) % BLOCK == 0:
            # An archive that grows has more lines than its outline.
            block = min((number - 1) // BLOCK, len(self._outline.floors) - 1)
            return self._outline.floors[block] + self._shift
        return None
