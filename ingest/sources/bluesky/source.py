"""The Bluesky source reads every new public post from Jetstream."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

import msgspec
from pydantic import Field

from ingest.contract import Rejected, raw_text
from ingest.errors import Misconfigured, Transient
from ingest.retry import retry_after
from ingest.source import (
    CURSOR_TIMES,
    About,
    Clock,
    Cursor,
    Duration,
    Item,
    Pause,
    SourceSettings,
    Steps,
    Watermark,
    Words,
    decode_cursor,
    encode_cursor,
    source_config,
)
from ingest.sources.bluesky.client import ConnectionRefused, Dictionaries, JetstreamConnection, connect
from ingest.sources.bluesky.frames import (
    DamagedFrame,
    JetstreamEvent,
    NotAFrame,
    Wire,
    microseconds,
    moment,
    read_frame,
)
from ingest.sources.bluesky.mapping import NAME, to_found
from ingest.transport.threads import in_thread

V2_HOSTS = ("wss://jetstream.us-east.bsky.network", "wss://jetstream.us-west.bsky.network")
V1_HOSTS = (
    "wss://jetstream1.us-east.bsky.network",
    "wss://jetstream2.us-east.bsky.network",
    "wss://jetstream1.us-west.bsky.network",
    "wss://jetstream2.us-west.bsky.network",
)

REWIND = timedelta(seconds=5)
"""How far before the last event a time cursor begins. Servers see events at slightly different times and send them
slightly out of order. A post that comes twice is counted once."""

REWIND_ELSEWHERE = timedelta(minutes=1)
"""The same distance for another server than the last event's, because that server may be further behind the network."""

WATERMARK_LAG = timedelta(seconds=3)
"""The distance of the watermark from the newest event, for the same reason."""

GAP = timedelta(minutes=1)
"""A first event that is later than the requested cursor by more than this shows a gap: the server had lost the events
between."""

REACHED_EVERY = timedelta(milliseconds=500)
RECEIVE_WITHIN = 0.5


class BlueskySettings(SourceSettings):
    """The settings of the Bluesky source."""

    model_config = source_config(NAME)

    wire: Wire = Field(
        "v2", description="Jetstream's protocol: `v2`, or `v1` for older servers, whose cursor loses gaps in silence"
    )
    base_urls: Words = Field(
        (),
        description=f"Jetstream servers to take turns with (none: those of Bluesky, for v2 {', '.join(V2_HOSTS)})",
    )
    compress: bool = Field(
        True, description="ask for zstd frames: half the traffic; v1 also needs `v1_dictionary` for it"
    )
    v1_dictionary: Path | None = Field(
        None, description="file with the zstd dictionary of v1, from Jetstream's source: legacy_subscribe.zdict"
    )
    lookback: Duration = Field(
        timedelta(), description="how far back the first run begins; Jetstream keeps 36 hours", ge=timedelta()
    )
    idle: Duration = Field(
        timedelta(seconds=30), description="a connection that brings nothing for so long is given up", gt=timedelta()
    )

    @property
    def hosts(self) -> tuple[str, ...]:
        """The servers, which the source uses in turn."""
        return self.base_urls or (V2_HOSTS if self.wire == "v2" else V1_HOSTS)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The servers."""
        return self.hosts


Microseconds = Annotated[int, msgspec.Meta(ge=0, le=microseconds(CURSOR_TIMES[1]))]


@dataclass(slots=True)
class Position:
    """The cursor of the Bluesky source.

    `seq` is the newest event's number, which only `host` understands, and `time_us` its time. No event is missing since
    `since_us`. Both times are microseconds since the epoch.
    """

    host: str = ""
    seq: int | None = None
    time_us: Microseconds | None = None
    since_us: Microseconds | None = None

    @property
    def newest(self) -> datetime | None:
        """The time of the newest event."""
        return None if self.time_us is None else moment(self.time_us)

    @property
    def since(self) -> datetime | None:
        """The time since which no event is missing."""
        return None if self.since_us is None else moment(self.since_us)

    def cursor(self) -> Cursor:
        """Return the cursor for saving, without unknown fields."""
        return {name: value for name, value in encode_cursor(self).items() if value is not None}


class Bluesky:
    """Reads Jetstream from one server at a time. After a failure, it moves to the next server."""

    about: ClassVar[About] = About(
        network="every public post of Bluesky, as it is made",
        needs="",
        history="36 hours, what Jetstream keeps",
        july_2020=False,
        deletes="edits, deletions and withdrawn accounts, as they happen",
    )

    def __init__(self, settings: BlueskySettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._hosts = settings.hosts
        for host in self._hosts:
            if not _is_address(host):
                raise Misconfigured(f"BANWATCH_BLUESKY_BASE_URLS: {host} is no address of the form wss://host.")
        self._dictionaries = Dictionaries(settings.wire, settings.v1_dictionary, ask=settings.compress)
        self._turn: int | None = None
        self._trust_seq = True
        self._refusals = 0

    @property
    def name(self) -> str:
        """`bluesky`."""
        return NAME

    def read(self, cursor: Cursor) -> Steps:
        """Yield Jetstream's events after the cursor; without a cursor, yield the events from now on."""
        position = decode_cursor(cursor, Position, NAME)
        host = self._next_host(position.host)
        asked_seq, asked = self._ask(position, host)
        connection = yield from self._connect(host, asked, asked_seq=asked_seq)
        with closing(connection):
            position.host = host
            if not asked_seq:
                position.seq = None
            yield from self._follow(connection, position, asked_seq=asked_seq)

    def _next_host(self, last: str) -> str:
        """Return the next server: first the cursor's own server, then each in turn."""
        if self._turn is None:
            self._turn = self._hosts.index(last) if last in self._hosts else 0
        else:
            self._turn = (self._turn + 1) % len(self._hosts)
        return self._hosts[self._turn]

    def _ask(self, position: Position, host: str) -> tuple[bool, int | None]:
        """Return whether to ask by sequence number, and the cursor to ask with."""
        trusted, self._trust_seq = self._trust_seq, True
        if self._settings.wire == "v2" and trusted and position.seq is not None and position.host == host:
            return True, position.seq
        if position.newest is not None:
            back = REWIND if position.host == host else REWIND_ELSEWHERE
            return False, microseconds(position.newest - back)
        lookback = self._settings.lookback
        return False, microseconds(self._clock() - lookback) if lookback else None

    def _connect(
        self, host: str, cursor: int | None, *, asked_seq: bool
    ) -> Generator[Pause, None, JetstreamConnection]:
        try:
            connection = yield from in_thread(
                lambda: connect(host, self._settings.wire, cursor, self._dictionaries), JetstreamConnection.close
            )
        except ConnectionRefused as refused:
            raise self._refusal(host, refused, asked_seq=asked_seq) from refused
        self._refusals = 0
        return connection

    def _refusal(self, host: str, refused: ConnectionRefused, *, asked_seq: bool) -> Transient | Misconfigured:
        """Return the error for a server's refusal: ask differently, ask later, or change a setting."""
        if refused.name == "CursorTooOld":
            self._stay(host)
            self._trust_seq = False
            return Transient(f"{host} no longer holds the cursor; asking for the oldest it has.")
        if refused.name == "UnknownZstdDictionary":
            self._stay(host)
            self._dictionaries.forget(host)
            return Transient(f"{host} has a new zstd dictionary; fetching it.")
        if refused.status == HTTPStatus.BAD_REQUEST and asked_seq:
            # One event with a wrong number is enough for a refusal.
            self._stay(host)
            self._trust_seq = False
            return Transient(f"{host} does not take the cursor ({refused}); asking by time.")
        self._refusals += refused.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}
        if self._refusals >= len(self._hosts) and self._settings.model_fields_set & {"base_urls", "wire"}:
            return Misconfigured(
                f"No server takes a subscription of Jetstream {self._settings.wire} (the last one, {host}, says: "
                f"{refused}). Check BANWATCH_BLUESKY_BASE_URLS and BANWATCH_BLUESKY_WIRE."
            )
        return Transient(f"{host} refuses: {refused}.", retry_after(refused.headers, self._clock()))

    def _stay(self, host: str) -> None:
        """Use the same server again next time."""
        self._turn = (self._hosts.index(host) - 1) % len(self._hosts)

    def _follow(self, connection: JetstreamConnection, position: Position, *, asked_seq: bool) -> Steps:
        asked_time = position.newest if not asked_seq else None
        earliest = self._clock() - self._settings.lookback
        # The first event yields a watermark: a connection that ends early still says what was covered before it.
        first, heard, told = True, self._clock(), self._clock() - REACHED_EVERY
        while True:
            frame = connection.receive(RECEIVE_WITHIN)
            now = self._clock()
            heard, told = min(heard, now), min(told, now)  # the clock may have been set back
            if frame is None:
                if now - heard >= self._settings.idle:
                    raise Transient(f"{position.host} has sent nothing for {self._settings.idle.total_seconds():g} s.")
                yield Pause(0)
                continue
            heard = now
            event = self._event(frame, position, now)
            if isinstance(event, Rejected):
                yield Item(event, position.cursor())
                continue
            if event is None:
                yield Pause(0)
                continue
            if first:
                first = False
                if asked_seq:
                    self._check_numbering(event, position)
                yield from _begin(event, position, asked_time, earliest)
            _advance(position, event)
            # v2 sends the cursor's own event again. It is counted once, like every post that comes twice.
            found = to_found(event, position.host)
            if found is not None:
                yield Item(found, position.cursor())
            if now - told >= REACHED_EVERY:
                told = now
                yield _reached(position) or Pause(0)

    def _event(self, frame: bytes, position: Position, now: datetime) -> JetstreamEvent | Rejected | None:
        try:
            event = read_frame(frame, self._settings.wire)
            # A server's fast clock must not move the watermark or the cursor into the future.
            return None if event is None else msgspec.structs.replace(event, time=min(event.time, now))
        except DamagedFrame as error:
            raise Transient(f"{position.host} ended the stream: {error}.") from error
        except NotAFrame as error:
            return Rejected(
                source=NAME,
                where=f"{position.host} behind {position.cursor()}",
                reason=str(error),
                raw=raw_text(frame),
                seen_at=self._clock(),
            )

    def _check_numbering(self, event: JetstreamEvent, position: Position) -> None:
        """Check that the first event has the requested sequence number or a later one.

        Any other number shows that the server was set up again and counts from the start, so the old number has no
        meaning there.

        Raises:
            Transient: the server numbers its events again.
        """
        if event.seq is None or position.seq is None or position.newest is None:
            return
        too_early = event.seq < position.seq or event.time < position.newest - GAP
        another = event.seq == position.seq and event.time > position.newest + GAP
        if too_early or another:
            self._stay(position.host)
            self._trust_seq = False
            raise Transient(f"{position.host} numbers its events anew; asking by time.")


def _is_address(given: str) -> bool:
    try:
        parts = urlsplit(given)
        return parts.scheme in {"ws", "wss"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _begin(event: JetstreamEvent, position: Position, asked: datetime | None, earliest: datetime) -> Iterator[Item]:
    """Check whether the first event follows the last one read. If not, coverage begins again at the first event.

    The first coverage begins no earlier than `earliest`, from which on events were asked for: an operator's import
    gives an event the time of another place.
    """
    if asked is not None and event.time - asked > GAP:
        position.since_us = microseconds(event.time)
        yield Item(_missed(asked, event.time, position.host), position.cursor())
    if position.since is None:
        position.since_us = microseconds(max(event.time, earliest))


def _missed(asked: datetime, first: datetime, host: str) -> Rejected:
    span = timedelta(seconds=round((first - asked).total_seconds()))
    return Rejected(
        source=NAME,
        where=f"{host} at {first.isoformat()}",
        reason=f"{span} are missing: the server no longer holds what was posted between {asked.isoformat()} and "
        f"{first.isoformat()}.",
        raw="",
        seen_at=first,
        kind="missing",
    )


def _advance(position: Position, event: JetstreamEvent) -> None:
    if event.seq is not None:
        position.seq = event.seq
    position.time_us = max(position.time_us or 0, microseconds(event.time))


def _reached(position: Position) -> Watermark | None:
    """Return the watermark, which is `WATERMARK_LAG` behind the newest event, or None."""
    if position.since is None or position.newest is None or position.newest - WATERMARK_LAG <= position.since:
        return None
    return Watermark(position.since, position.newest - WATERMARK_LAG, position.cursor())
