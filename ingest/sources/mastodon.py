"""Mastodon: hashtags and public timelines of several instances, by Mastodon.py.

Where there is a user's token the stream is read, and the timeline fills the gap before it; else the timeline is asked
again and again. A status has the same URI on every instance that shows it, and is one post.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Empty, Queue
from typing import TYPE_CHECKING, ClassVar, Literal

import msgspec
from pydantic import AwareDatetime, Field, SecretStr

from ingest.backoff import BackoffPolicy, Failures, failed
from ingest.source import (
    About,
    Clock,
    Cursor,
    Duration,
    Item,
    Pause,
    Permanent,
    Reached,
    SourceSettings,
    Transient,
    Words,
    source_config,
)
from ingest.sources.http import TURN
from ingest.sources.mastodon_feed import Feed, Public, feeds_of
from ingest.sources.mastodon_status import (
    SOURCE,
    Lately,
    NotAStatus,
    Status,
    convert_status,
    id_at,
    later,
    read_status,
    rejected,
    rewound,
    to_delete,
    to_post,
)

if TYPE_CHECKING:
    from ingest.sources import mastodon_client

MOST_WAITING = 1_000
"""Events between the threads and their reader: a slow log slows the stream, and memory stays bounded."""

KNOWN = 20_000
"""Statuses of an instance whose deletion is understood: a deletion names nothing but the instance's own number."""

OVERLAP = timedelta(minutes=5)
"""Read again when a gap is filled: a status of another instance that arrives late has a number of its own time."""

REST = timedelta(hours=1)
"""Until a feed that was refused is tried again."""


class MastodonSettings(SourceSettings):
    """Read from the environment, prefix `BANWATCH_MASTODON_`."""

    model_config = source_config("mastodon")

    instances: Words = Field((), description="instances, by name or address; without any the source is off")
    hashtags: Words = Field(("tiktok", "tiktokban"), description="hashtags whose timelines are read, without `#`")
    public: Public = Field("none", description="the public timeline, too: `none`, `all`, `local` or `remote`")
    tokens: SecretStr = Field(SecretStr(""), description="users' access tokens, `instance=token` separated by commas")
    streaming: Literal["auto", "always", "never"] = Field(
        "auto", description="`auto` reads the stream where there is a token, `always` needs one for each instance"
    )
    since: AwareDatetime | None = Field(None, description="read the timelines from this time on, RFC 3339")
    interval: Duration = Field(
        timedelta(minutes=1),
        description="between two looks at a timeline that is not streamed",
        ge=timedelta(seconds=1),
    )
    pace: Duration = Field(
        timedelta(seconds=3), description="between two pages; instances allow 300 in 15 minutes", ge=timedelta()
    )
    lag: Duration = Field(
        timedelta(seconds=10), description="how long a status may take to the instances that are read", ge=timedelta()
    )
    contact: str = Field("", description="an address that is named to the instances, for their operators")

    @property
    def starts_with_up(self) -> bool:
        """Only where instances are named."""
        return bool(self.instances)


@dataclass
class Line:
    """How one feed is being read."""

    feed: Feed
    streamed: bool
    due: datetime
    position: str | None
    head: str | None = None
    """The highest number seen while the gap below it is not filled yet."""
    attempt: mastodon_client.Attempt | None = None
    filling: bool = False
    connected_at: datetime | None = None
    covered: datetime | None = None
    failures: Failures = field(default_factory=Failures)
    trouble: Transient | Permanent | None = None


@dataclass
class Memory:
    """What was seen lately: so that a status is sent once, and a deletion is understood."""

    sent: Lately[tuple[str, str], None] = field(default_factory=lambda: Lately(KNOWN))
    by_number: dict[str, Lately[str, tuple[str, datetime]]] = field(default_factory=dict)

    def is_new(self, uri: str, version: str) -> bool:
        """Whether this version of a status has not been seen yet; it has now."""
        new = (uri, version) not in self.sent
        self.sent.put((uri, version), None)
        return new

    def of(self, host: str) -> Lately[str, tuple[str, datetime]]:
        """An instance's statuses by its own numbers."""
        return self.by_number.setdefault(host, Lately(KNOWN))


class Mastodon:
    """All feeds in one iterator, each from its own position."""

    about: ClassVar[About] = About(
        network="hashtags and public timelines of Mastodon instances",
        needs="a list of instances; a user's token of each to read its stream",
        history="as far as an instance keeps its timelines",
        july_2020=True,
        deletes="edits and deletions, where the stream is read",
    )
    name = SOURCE

    def __init__(self, settings: MastodonSettings, clock: Clock, chance: Callable[[], float] = random.random) -> None:
        self.settings = settings
        self.clock = clock
        self.chance = chance
        self.backoff = BackoffPolicy()
        agent = f"banwatch ({settings.contact})" if settings.contact else "banwatch"
        self.feeds = feeds_of(
            settings.instances, settings.hashtags, settings.public, settings.tokens.get_secret_value(), agent
        )
        without = sorted({feed.host for feed in self.feeds if feed.token is None})
        if settings.streaming == "always" and without:
            raise Permanent(
                f"There is no user's token for {', '.join(without)}, and no stream is shown without one: set "
                "BANWATCH_MASTODON_TOKENS, or BANWATCH_MASTODON_STREAMING to auto or never."
            )

    def read(self, cursor: Cursor) -> Iterator[Item | Reached | Pause]:
        """Follow all feeds, each with its own back-off; fail only when all of them have."""
        return Reading(self, cursor).run()


class Reading:
    """One reading of all feeds: what the threads hand over, as steps of the source."""

    def __init__(self, source: Mastodon, cursor: Cursor) -> None:
        # Mastodon.py is slow to import, and only whoever reads Mastodon has to wait for it.
        from ingest.sources import mastodon_client  # noqa: PLC0415

        self.client = mastodon_client
        self.settings, self.clock, self.source = source.settings, source.clock, source
        now = self.clock()
        start = None if self.settings.since is None else id_at(self.settings.since)
        positions = msgspec.convert(cursor.get("feeds", {}), dict[str, str])
        self.since = datetime.fromisoformat(str(cursor.get("since", (self.settings.since or now).isoformat())))
        self.lines = [Line(feed, self._streams(feed), now, positions.get(feed.key, start)) for feed in source.feeds]
        self.positions: dict[str, object] = dict(positions)
        self.events: Queue[tuple[mastodon_client.Attempt, mastodon_client.Event]] = Queue(MOST_WAITING)
        self.memory = Memory()
        self.told: datetime | None = None

    def _streams(self, feed: Feed) -> bool:
        return feed.token is not None and self.settings.streaming != "never"

    def run(self) -> Iterator[Item | Reached | Pause]:
        """Take what comes, for ever."""
        try:
            while True:
                for line in self.lines:
                    if line.attempt is None and self.clock() >= line.due:
                        self._start(line)
                try:
                    attempt, event = self.events.get(timeout=TURN)
                except Empty:
                    yield Pause(0)
                    continue
                for line in self.lines:
                    if line.attempt is attempt:
                        yield from self._take(line, event)
                yield from self._reach()
        finally:
            for line in self.lines:
                if line.attempt is not None:
                    line.attempt.stop()

    def _start(self, line: Line) -> None:
        new = line.covered is None
        line.attempt = self.client.Attempt(line.feed, self.events, self.clock, self.settings.pace, new)
        line.head, line.filling, line.connected_at = None, True, None
        overlapping = None if line.position is None else rewound(line.position, OVERLAP)
        (line.attempt.stream if line.streamed else line.attempt.fill)(overlapping)

    def _take(self, line: Line, event: mastodon_client.Event) -> Iterator[Item]:
        match event:
            case self.client.Alive():
                line.connected_at = line.connected_at or self.clock()
                self._cover(line, self.clock())
            case self.client.Streamed(name, data):
                yield from self._streamed(line, name, data)
                self._cover(line, self.clock())
            case self.client.Fetched(statuses, read_to):
                for entity in statuses:
                    yield from self._fetched(line, entity)
                self._advance(line, read_to)
            case self.client.Filled(at):
                line.filling = False
                self._advance(line, line.head)
                self._cover(line, at)
                if not line.streamed:
                    line.attempt, line.due = None, self.clock() + self.settings.interval
                    line.failures = Failures()
            case self.client.Ended(error):
                self._end(line, error)

    def _streamed(self, line: Line, name: str, data: bytes) -> Iterator[Item]:
        if name == "delete":
            yield from self._deleted(line, data.decode(errors="replace").strip().strip('"'))
            return
        try:
            status = read_status(data)
        except NotAStatus as error:
            yield Item(rejected(f"{line.feed.key} {name}", error, data), self._cursor())
            return
        line.head = later(line.head, status.id)
        if not line.filling and name == "update":
            self._advance(line, status.id)
        yield from self._found(line, status)

    def _fetched(self, line: Line, entity: object) -> Iterator[Item]:
        try:
            status = convert_status(entity)
        except NotAStatus as error:
            raw = str(entity).encode()
            if self.memory.is_new(line.feed.key, str(hash(raw))):
                yield Item(rejected(f"{line.feed.key} timeline", error, raw), self._cursor())
            return
        yield from self._found(line, status)

    def _found(self, line: Line, status: Status) -> Iterator[Item]:
        known = self.memory.of(line.feed.host)
        known.put(status.id, (status.uri, status.created_at))
        version = "" if status.edited_at is None else status.edited_at.isoformat()
        if not status.is_for_everyone or not self.memory.is_new(status.uri, version):
            return
        asked = status.in_reply_to_id
        reply_to = None if asked is None else known.get(asked, (f"{line.feed.host}/{asked}", None))[0]
        yield Item(to_post(status, line.feed.host, reply_to, self.clock()), self._cursor())

    def _deleted(self, line: Line, number: str) -> Iterator[Item]:
        found = self.memory.of(line.feed.host).get(number)
        if found is not None and self.memory.is_new(found[0], "deleted"):
            yield Item(to_delete(*found, self.clock()), self._cursor())

    def _advance(self, line: Line, position: str | None) -> None:
        line.position = later(line.position, position)
        if line.position is not None:
            self.positions = self.positions | {line.feed.key: line.position}

    def _cover(self, line: Line, moment: datetime) -> None:
        if not line.filling:
            line.covered, line.trouble = moment, None

    def _end(self, line: Line, error: Exception) -> None:
        """Put a feed off; what ends all of them, or one that has never worked and never will, ends the reading."""
        if not isinstance(error, Transient | Permanent):
            raise error
        now = self.clock()
        if line.attempt is not None:
            line.attempt.stop()
        line.attempt, line.trouble = None, error
        if isinstance(error, Permanent):
            if line.covered is None:
                raise error
            line.due = now + REST
        else:
            held = timedelta() if line.connected_at is None else now - line.connected_at
            line.failures, pause = failed(
                self.source.backoff,
                line.failures,
                held=held,
                retry_after=error.retry_after,
                chance=self.source.chance(),
            )
            line.due = now + pause
            for each in self.lines:
                if error.retry_after is not None and each.feed.host == line.feed.host and each.attempt is None:
                    each.due = max(each.due, now + error.retry_after)
        if all(each.trouble is not None and each.attempt is None for each in self.lines):
            raise error

    def _reach(self) -> Iterator[Reached]:
        covered = [line.covered for line in self.lines if not isinstance(line.trouble, Permanent)]
        known = [moment for moment in covered if moment is not None]
        if not known or len(known) < len(covered):
            return
        until = min(known) - self.settings.lag
        if until > self.since and (self.told is None or until >= self.told + timedelta(seconds=1)):
            self.told = until
            yield Reached(self.since, until, self._cursor())

    def _cursor(self) -> Cursor:
        return {"since": self.since.isoformat(), "feeds": self.positions}
