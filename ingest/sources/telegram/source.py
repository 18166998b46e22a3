"""Telegram: the public preview (t.me/s) of a list of channels, read by snscrape in a process of its own.

Telegram's terms do not allow collecting posts in bulk; docs/sources.md tells their position. Nothing is read until
channels are named.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import closing
from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from ingest.contract import Rejected
from ingest.source import (
    About,
    Clock,
    Cursor,
    Duration,
    Item,
    PartStatus,
    Pause,
    Permanent,
    SourceSettings,
    Watermark,
    Words,
    decode_cursor,
    source_config,
)
from ingest.sources.telegram.cursor import ChannelPositions, TelegramCursor
from ingest.sources.telegram.mapping import (
    SOURCE,
    Channel,
    MessageView,
    ScrapedMessage,
    Trouble,
    advanced,
    contradiction,
    edited,
    forget,
    missing,
    remember,
    to_delete,
    to_post,
    trouble,
    view,
)
from ingest.transport.parts import NotShown, Parts, Rhythm
from ingest.transport.slices import Since
from ingest.transport.snscrape.process import NotJson, SnscrapeProcess, require_snscrape

STRIDE = 100
"""Numbers that are read before their posts are handed on, oldest first: a page can only be asked for from its end."""

OLD = timedelta(hours=1)
"""A post that was older when it was first read is history: it is counted and does not alert."""

Steps = Generator[Item | Watermark | Pause | PartStatus, None, None]


class TelegramSettings(SourceSettings):
    """Read from the environment, prefix `BANWATCH_TELEGRAM_`."""

    model_config = source_config("telegram")

    channels: Words = Field((), description="public channels, by name or address; without any the source is off")
    since: Since | None = Field(None, description="read the channels' history from this date, as 2020-07-01")
    poll_every: Duration = Field(
        timedelta(minutes=2), description="between two looks at a channel", ge=timedelta(seconds=1)
    )
    pace: Duration = Field(timedelta(seconds=2), description="between two requests", ge=timedelta())
    silent_after: Duration = Field(
        timedelta(minutes=15),
        description="without a channel read for so long the source is called silent",
        gt=timedelta(),
    )
    base_url: str = Field("https://t.me", description="address of Telegram's preview, or of a mirror of it")

    @property
    def starts_with_up(self) -> bool:
        """Only where channels are named."""
        return bool(self.channels)


def channel_name(given: str) -> str:
    """A channel's name out of `name`, `@name` or an address.

    Raises:
        Permanent: it is none.
    """
    name = re.sub(r"^(?:https?://)?(?:t\.me/(?:s/)?|@)", "", given.strip()).rstrip("/")
    if not re.fullmatch(r"[A-Za-z]\w{3,31}", name, re.ASCII):
        raise Permanent(f"{given!r} is no public Telegram channel: a name has 4 to 32 letters, digits and underscores.")
    return name


class Telegram:
    """A list of public channels, each from its own cursor."""

    about: ClassVar[About] = About(
        network="public Telegram channels, by their web preview",
        needs="a list of channels, and the extra `telegram`",
        history="a channel's beginning",
        july_2020=True,
        deletes="edits and deletions of a channel's newest 20 posts, by looking again",
    )
    name = SOURCE

    def __init__(self, settings: TelegramSettings, clock: Clock) -> None:
        if not settings.channels:
            raise Permanent("telegram reads nothing without channels: set BANWATCH_TELEGRAM_CHANNELS to their names.")
        require_snscrape("telegram")
        self.settings = settings
        self.clock = clock
        names = dict.fromkeys(channel_name(given) for given in settings.channels)
        self.parts = Parts("channel", {name: f"@{name}" for name in names}, Rhythm(settings.poll_every), clock)

    def read(self, cursor: Cursor) -> Iterator[Item | Watermark | Pause | PartStatus]:
        """Visit each channel when it is due, for ever."""
        reading = self._begin(cursor)
        with closing(SnscrapeProcess("telegram-channel", self.settings.base_url, self.clock)) as process:
            while True:
                name, due = self.parts.first()
                yield Pause(max((due - self.clock()).total_seconds(), 0))
                if self.clock() < due:
                    continue
                yield from self._visit(process, reading, name)
                yield Pause(self.settings.pace.total_seconds())

    def _begin(self, cursor: Cursor) -> ChannelPositions:
        now, kept = self.clock(), decode_cursor(cursor, TelegramCursor, SOURCE)
        since = kept.since or self.settings.since or now
        return ChannelPositions(since, kept.channels)

    def _visit(self, process: SnscrapeProcess, reading: ChannelPositions, name: str) -> Steps:
        """Look at one channel, whatever comes of it."""
        was_read = yield from self.parts.attempt(name, self._look(process, reading, name))
        if was_read and (covered := self.parts.covered(reading.since)):
            reading.since, until = covered
            yield Watermark(reading.since, until, reading.cursor(), idle=True)

    def _look(self, process: SnscrapeProcess, reading: ChannelPositions, name: str) -> Generator[Item | Pause]:
        try:
            yield from self._follow(process, reading, name)
        except NotJson as error:
            raise NotShown(f"{Trouble.LAYOUT} {error}") from error

    def _follow(self, process: SnscrapeProcess, reading: ChannelPositions, name: str) -> Generator[Item | Pause]:
        """Hand on what is new in a channel, oldest first, then what was edited or deleted."""
        page = yield from process.page(name)
        newest, known = view(page, name), reading.channels.get(name, Channel())
        if problem := trouble(page, newest, name) or contradiction(known, newest):
            raise NotShown(problem.value)
        if not newest.numbers:
            return
        if known.read_to is None:
            start = yield from self._start(process, name, newest)
            reading.put(name, Channel(start))
        yield from self._fill(process, reading, name, min(newest.numbers))
        yield from self._hand_on(reading, name, newest, max(newest.numbers))
        yield from self._changes(process, reading, name, known, newest)

    def _start(self, process: SnscrapeProcess, name: str, newest: MessageView) -> Generator[Pause, None, int]:
        """The number behind which reading begins: found by halving where history is asked for."""
        low, high = 0, min(newest.numbers) - 1
        if self.settings.since is None:
            return high
        while high - low > STRIDE:
            middle = (low + high) // 2
            seen = yield from self._page(process, name, middle + 1)
            late = any(found.date >= self.settings.since for found in seen.posts)
            low, high = (low, middle) if late else (middle, high)
        return low

    def _page(self, process: SnscrapeProcess, name: str, before: int) -> Generator[Pause, None, MessageView]:
        yield Pause(self.settings.pace.total_seconds())
        page = yield from process.page(name, before)
        seen = view(page, name)
        problem = trouble(page, seen, name)
        # A page that shows nothing is a hole in the numbers only if it is a page of the channel.
        if problem is Trouble.ANOTHER or (problem and not seen.numbers):
            raise NotShown(problem.value)
        return seen

    def _fill(
        self, process: SnscrapeProcess, reading: ChannelPositions, name: str, lowest: int
    ) -> Generator[Item | Pause]:
        """Read what lies between where the channel was read to and the newest page."""
        while (read_to := reading.channels[name].read_to or 0) + 1 < lowest:
            end = before = min(read_to + 1 + STRIDE, lowest)
            seen = MessageView()
            while before > read_to + 1:
                part = yield from self._page(process, name, before)
                seen = part.joined(seen)
                if min(part.numbers, default=before) >= before:
                    break
                before = min(part.numbers)
            yield from self._hand_on(reading, name, seen, end - 1)

    def _hand_on(self, reading: ChannelPositions, name: str, seen: MessageView, read_to: int) -> Iterator[Item]:
        """The posts of a stretch that are new, in order; the cursor is behind the stretch only after its last."""
        fresh = {
            number: each for number, each in seen.entries.items() if number > (reading.channels[name].read_to or 0)
        }
        wanted = [each for each in fresh.values() if isinstance(each, ScrapedMessage) and self._wanted(each)]
        for number, each in fresh.items():
            reading.put(name, advanced(reading.channels[name], number))
            if number == next(reversed(fresh)):
                reading.put(name, remember(reading.channels[name], wanted))
            if isinstance(each, Rejected):
                yield Item(each, reading.cursor())
            elif self._wanted(each):
                yield self._item(reading, each)
        reading.put(name, advanced(reading.channels[name], read_to))

    def _wanted(self, found: ScrapedMessage) -> bool:
        return self.settings.since is None or found.date >= self.settings.since

    def _item(self, reading: ChannelPositions, found: ScrapedMessage) -> Item:
        now = self.clock()
        return Item(to_post(found, backfill=found.date < now - OLD, seen_at=now), reading.cursor())

    def _changes(
        self, process: SnscrapeProcess, reading: ChannelPositions, name: str, known: Channel, newest: MessageView
    ) -> Generator[Item | Pause]:
        for found in edited(known, newest):
            reading.put(name, remember(reading.channels[name], [found]))
            yield self._item(reading, found)
        for number in missing(known, newest):
            second = yield from self._page(process, name, number + 1)
            if second.numbers and number not in second.numbers:
                reading.put(name, forget(reading.channels[name], number))
                yield Item(to_delete(known, number, self.clock()), reading.cursor())
