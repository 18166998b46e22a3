"""The GDELT source: world news from files of fifteen minutes, in English and translated, filtered by term.

A file is named after its time, so missed files and all of 2020 can be read by name. The source reads the two series
(English and translated) each at its own pace. The cursor holds the next file and row of each series.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import ClassVar

import httpx
from pydantic import Field

from ingest.contract import Post, Rejected
from ingest.errors import Misconfigured, Permanent, RateLimited, Transient
from ingest.parts import Parts, Rhythm
from ingest.source import (
    About,
    Clock,
    Cursor,
    Duration,
    Item,
    PartStatus,
    Pause,
    SourceSettings,
    Steps,
    Watermark,
    Words,
    decode_cursor,
    encode_cursor,
    source_config,
)
from ingest.sources.gdelt.mapping import LABEL, SOURCE, NotAGkgRow, Wanted, read_file
from ingest.transport.http import Refused, TooLarge, get, open_client, passing
from ingest.transport.slices import Backfill, Since
from ingest.transport.threads import in_thread

FILE_EVERY = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)
LARGEST_FILE = 128 * 1024 * 1024
TOO_LATE = timedelta(hours=1)
"""How long after its time a missing or broken file is awaited. After that it is reported and skipped."""

NEWEST_FILE_AHEAD = timedelta(hours=1)
"""How far the newest file may be ahead of the clock. A wrong time would otherwise be awaited for ever."""

LONGEST_GAP = timedelta(days=2)
"""After a longer absence, reading begins at the newest files, because a day is a gigabyte. `since` fetches the rest."""

HISTORY_FROM = timedelta(hours=2)
"""A file that is older than this when it is read is history: its posts are counted and do not alert."""

ENGLISH, TRANSLATED = "", ".translation"
LABELS = {ENGLISH: "English articles", TRANSLATED: "translated articles"}
_NEWEST = re.compile(r"(\d{14})(?:\.translation)?\.gkg\.csv\.zip")


class GdeltSettings(SourceSettings):
    """The settings of the GDELT source."""

    model_config = source_config(SOURCE)

    silent_after: Duration = Field(
        timedelta(minutes=45), description="without any file for so long the source is called silent", gt=timedelta()
    )
    terms: Words = Field((), description="articles that name one of these are taken; none means those of the taxonomy")
    themes: Words = Field((), description="and of them those of one of these GDELT themes; none means all")
    translated: bool = Field(True, description="also read the articles that GDELT translated, from 65 languages")
    since: Since | None = Field(None, description="read history from this date, as 2020-07-01")
    until: Since | None = Field(None, description="read history up to this date; none means up to the first start")
    first_files: int = Field(4, description="files, of 15 minutes each, read back at the first start", ge=1)
    poll_every: Duration = Field(timedelta(minutes=1), description="pause between two looks for a new file")
    contact: str = Field("", description="how GDELT can reach you, sent in the User-Agent")
    base_url: str = Field("http://data.gdeltproject.org/gdeltv2/", description="where the files are, or a mirror")

    @property
    def starts_with_up(self) -> bool:
        """Whether any of the source's settings is set.

        The source does not start by default, because its files are a gigabyte a day.
        """
        return bool(self.model_fields_set)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the files are."""
        return (self.base_url,)


@dataclass(frozen=True, slots=True)
class Next:
    """The position in a series: the time of the next file, and the last row of this file that was sent."""

    file: datetime
    row: int = 0


@dataclass(slots=True)
class FilesBackfill(Backfill):
    """The reading of history from files, series by series. `holes` are the times of skipped files."""

    series: dict[str, Next]
    holes: list[datetime] = field(default_factory=list)


@dataclass(slots=True)
class Place:
    """The cursor. `series` holds the position in each series, and no file is missing since `since`.

    `holes` are files that one series has skipped and the other has not reached yet.
    """

    since: datetime
    series: dict[str, Next] = field(default_factory=dict)
    holes: list[datetime] = field(default_factory=list)
    history: FilesBackfill | None = None

    def cursor(self) -> Cursor:
        """Return the cursor for saving."""
        return encode_cursor(self)


class Gdelt:
    """The source that reads GDELT's files."""

    name = SOURCE
    about: ClassVar[About] = About(
        network="GDELT: news articles worldwide that name what is watched",
        needs="",
        history="February 2015",
        july_2020=True,
        deletes="none",
    )

    def __init__(self, settings: GdeltSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._wanted = Wanted(tuple(settings.terms), frozenset(settings.themes))
        if not any(term.strip() for term in settings.terms):
            raise Misconfigured(
                "gdelt has no words that an article has to name: set BANWATCH_GDELT_TERMS, or write `terms` in the "
                "taxonomy, under [sources.gdelt]."
            )
        self._series = (ENGLISH, TRANSLATED) if settings.translated else (ENGLISH,)
        labels = {series: LABELS[series] for series in self._series}
        self._parts = Parts("series", labels, Rhythm(settings.poll_every), clock)
        self._broken: dict[str, datetime] = {}
        """The name of a file that cannot be read -> the time of its first failure."""

    def read(self, cursor: Cursor) -> Steps:
        """Yield the requested history, then each new file as it appears."""
        place = decode_cursor(cursor, Place, SOURCE) if cursor else Place(self._clock())
        with open_client(self._settings.base_url, contact=self._settings.contact) as client:
            while not (newest := (yield from self._newest(client))):
                pass
            self._begin(place, newest)
            yield from self._history(client, place)
            while True:
                for series in newest:
                    yield from self._catch_up(client, place, series, newest[series])
                    # A server that answers but writes no more files gives no sign of life.
                    if self._clock() - newest[series] < self._settings.silent_after:
                        yield self._reached(place, place)
                newest = yield from self._newest(client)
                self._join(place, newest)

    def _begin(self, place: Place, newest: dict[str, datetime]) -> None:
        gaps = [newest[series] - at.file for series, at in place.series.items() if series in newest]
        if not place.series or max(gaps, default=timedelta()) > LONGEST_GAP:
            place.since = min(newest.values()) - self._settings.first_files * FILE_EVERY
            place.series = {}
        place.series = {series: at for series, at in place.series.items() if series in self._series}
        self._join(place, newest)

    def _join(self, place: Place, newest: dict[str, datetime]) -> None:
        """Begin with each series that answers for the first time."""
        back = (self._settings.first_files - 1) * FILE_EVERY
        for series, file in newest.items():
            place.series.setdefault(series, Next(file - back))

    def _history(self, client: httpx.Client, place: Place) -> Steps:
        settings = self._settings
        if settings.since is None:
            return
        asked = f"{settings.since} {settings.until} {settings.terms} {settings.themes} {settings.translated}"
        if place.history is None or place.history.asked != asked:
            begin, end = _file_after(settings.since), settings.until or place.since
            place.history = FilesBackfill(asked, settings.since, end, {series: Next(begin) for series in self._series})
        stretch = place.history
        # The live reading takes younger files. Here every file is either taken or skipped.
        end = min(stretch.until + FILE_EVERY, self._clock() - TOO_LATE)
        while (file := min(at.file for at in stretch.series.values())) < end:
            before = dict(stretch.series)
            for series in self._series:
                if stretch.series[series].file == file:
                    yield from self._file(client, place, stretch, series)
            if stretch.series == before:
                # If the list of newest files is unavailable too, the network fails, and no file is skipped.
                yield from self._newest(client)
                continue
            yield self._reached(stretch, place)

    def _catch_up(self, client: httpx.Client, place: Place, series: str, newest: datetime) -> Steps:
        while place.series[series].file <= newest:
            before = place.series[series]
            yield from self._file(client, place, place, series)
            if place.series[series] == before:
                return
            yield self._reached(place, place)

    def _reached(self, reading: Place | FilesBackfill, place: Place) -> Watermark:
        """Return the watermark up to which both series are read.

        It begins after the last file that either series skipped. If a series has failed for long, the watermark begins
        where that series stopped and ignores it.
        """
        out = {series for series in reading.series if reading is place and self._parts.is_left_out(series)}
        file = min([at.file for series, at in reading.series.items() if series not in out] or [reading.since])
        reading.since = max(
            [
                reading.since,
                *(hole + MINUTE for hole in reading.holes if hole < file),
                *(reading.series[series].file - FILE_EVERY for series in out),
            ]
        )
        reading.holes = [hole for hole in reading.holes if hole >= file]
        since, until = reading.since, file - FILE_EVERY - timedelta(seconds=1)
        return Watermark(since, max(since, until), place.cursor(), idle=True)

    def _file(self, client: httpx.Client, place: Place, reading: Place | FilesBackfill, series: str) -> Steps:
        """Yield one file's articles, and move the series past the file, unless the file may still appear."""
        at = reading.series
        here = at[series]
        name = f"{here.file.strftime(LABEL)}{series}.gkg.csv.zip"
        young = self._clock() - here.file < TOO_LATE
        found: Sequence[tuple[int, Post | Rejected]]
        try:
            packed = (yield from get(client, name, clock=self._clock, most_bytes=LARGEST_FILE)).body
            backfill = self._clock() - here.file > HISTORY_FROM
            found = yield from in_thread(lambda: read_file(packed, name, self._wanted, backfill=backfill))
        except RateLimited:
            raise
        except (Permanent, Transient) as error:
            if (young and not isinstance(error, TooLarge)) or (yield from self._may_come(name, error)):
                return
            reading.holes.append(here.file)
            reason = f"The file is passed over: {error}"
            now = self._clock()
            passed_over = Rejected(source=SOURCE, where=name, reason=reason, raw="", seen_at=now, kind="missing")
            found = [(here.row + 1, passed_over)]
        if self._broken.pop(name, None):
            yield PartStatus(name)
        for row, post in found:
            if row > here.row:
                at[series] = replace(here, row=row)
                yield Item(post, place.cursor())
        at[series] = Next(here.file + FILE_EVERY)

    def _may_come(self, name: str, error: Exception) -> Generator[PartStatus, None, bool]:
        """Return whether a file may still be read after this error.

        A missing or broken file is given up; others get an hour.
        """
        gone = isinstance(error, Refused) and error.status == HTTPStatus.NOT_FOUND
        if gone or isinstance(error, TooLarge | NotAGkgRow):
            return False
        if name not in self._broken:
            self._broken[name] = self._clock()
            yield PartStatus(name, str(error))
        return self._clock() - self._broken[name] < TOO_LATE

    def _newest(self, client: httpx.Client) -> Generator[Pause | PartStatus, None, dict[str, datetime]]:
        """Wait for the next turn, and return the time of the newest file of each series that is due and answers.

        Raises:
            Transient: no series answers.
        """
        newest: dict[str, datetime] = {}
        yield self._parts.pause()
        for series in self._parts.due():
            yield from self._parts.attempt(series, self._note_newest(client, series, newest))
        return newest

    def _note_newest(self, client: httpx.Client, series: str, newest: dict[str, datetime]) -> Iterator[Pause]:
        """Ask for the time of a series' newest file, and store it in `newest`."""
        name = f"lastupdate{series.replace('.', '-')}.txt"
        answer = yield from passing(get(client, name, clock=self._clock, most_bytes=100_000))
        found = _NEWEST.search(answer.body.decode(errors="replace"))
        try:
            named = datetime.strptime(found[1] if found else "", LABEL).replace(tzinfo=UTC)
        except ValueError as error:
            raise Transient(f"{name} names no file of the graph.") from error
        if named > self._clock() + NEWEST_FILE_AHEAD:
            raise Transient(f"{name} names a file of a time to come, {named.isoformat()}.")
        newest[series] = named


def _file_after(moment: datetime) -> datetime:
    """Return the time of the first file at or after a moment. Files lie on the quarters of the hour."""
    start = datetime(2015, 2, 18, tzinfo=UTC)
    return start + -((start - moment) // FILE_EVERY) * FILE_EVERY
