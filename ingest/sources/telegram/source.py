"""The Telegram source: snscrape, in a process of its own, reads the public preview (t.me/s) of a list of channels.

Telegram's terms do not allow collecting posts in bulk; docs/sources.md describes them. Nothing is read until channels
are set.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import closing
from datetime import timedelta
from typing import ClassVar

from pydantic import Field

from ingest.contract import Rejected
from ingest.errors import Misconfigured, Permanent
from ingest.parts import Parts, Rhythm
from ingest.source import (
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
from ingest.transport.slices import Since
from ingest.transport.snscrape.process import NotJson, SnscrapeProcess, require_snscrape

NUMBERS_AT_ONCE = 100
"""The number of messages read before their posts are sent, oldest first, because pages are read backwards."""

ASKED_AGAIN = (1, 5, 15)
"""The pauses before the requests for a page that shows nothing, in paces. t.me under load shows no message at all."""


class TelegramSettings(SourceSettings):
    """The source's settings, read from environment variables with the prefix `BANWATCH_TELEGRAM_`."""

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
        """Whether channels are set."""
        return bool(self.channels)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The preview of Telegram."""
        return (self.base_url,)


def channel_name(given: str) -> str:
    """Return a channel's name, given `name`, `@name` or an address.

    Raises:
        Misconfigured: the text is none of the three.
    """
    name = re.sub(r"^(?:https?://)?(?:t\.me/(?:s/)?|@)", "", given.strip()).rstrip("/")
    if not re.fullmatch(r"[A-Za-z]\w{3,31}", name, re.ASCII):
        raise Misconfigured(
            f"{given!r} is no public Telegram channel: a name has 4 to 32 letters, digits, underscores."
        )
    return name


class Telegram:
    """Reads a list of public channels, each from its own position."""

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
            raise Misconfigured("telegram reads nothing without channels: set BANWATCH_TELEGRAM_CHANNELS to names.")
        require_snscrape()
        self.settings = settings
        self.clock = clock
        names = dict.fromkeys(channel_name(given) for given in settings.channels)
        self.parts = Parts("channel", {name: f"@{name}" for name in names}, Rhythm(settings.poll_every), clock)
        self._empty: set[str] = set()
        """The channels that showed no post each time they were asked. They are not asked again at each look."""

    def read(self, cursor: Cursor) -> Steps:
        """Visit each channel when it is due, for ever."""
        reading = self._begin(cursor)
        with closing(SnscrapeProcess("telegram-channel", self.settings.base_url, self.clock)) as process:
            while True:
                name, due = self.parts.first()
                yield self.parts.pause()
                if self.clock() < due:
                    continue
                yield from self._visit(process, reading, name)
                yield Pause(self.settings.pace.total_seconds())

    def _begin(self, cursor: Cursor) -> ChannelPositions:
        now, kept = self.clock(), decode_cursor(cursor, TelegramCursor, SOURCE)
        since = kept.since or self.settings.since or now
        return ChannelPositions(since, kept.channels)

    def _visit(self, process: SnscrapeProcess, reading: ChannelPositions, name: str) -> Steps:
        """Read one channel, whether it fails or not."""
        was_read = yield from self.parts.attempt(name, self._look(process, reading, name))
        if was_read and (covered := self.parts.covered(reading.since)):
            reading.since, until = covered
            yield Watermark(reading.since, until, reading.cursor(), idle=True)

    def _look(self, process: SnscrapeProcess, reading: ChannelPositions, name: str) -> Generator[Item | Pause]:
        try:
            yield from self._follow(process, reading, name)
        except NotJson as error:
            raise Permanent(f"{Trouble.LAYOUT} {error}") from error

    def _follow(self, process: SnscrapeProcess, reading: ChannelPositions, name: str) -> Generator[Item | Pause]:
        """Yield the new posts of a channel, oldest first, then its edits and deletions."""
        page = yield from process.page(name)
        newest, known = view(page, name), reading.channels.get(name, Channel())
        if problem := trouble(page, newest, name) or contradiction(known, newest):
            raise Permanent(problem.value)
        if not newest.numbers and name not in self._empty:
            newest = yield from self._page(process, name)
        if not newest.numbers:
            self._empty.add(name)
            return
        self._empty.discard(name)
        if known.read_to is None:
            start = yield from self._start(process, name, newest)
            reading.put(name, Channel(start))
        yield from self._fill(process, reading, name, min(newest.numbers))
        yield from self._hand_on(reading, name, newest, max(newest.numbers))
        yield from self._changes(process, reading, name, known, newest)

    def _start(self, process: SnscrapeProcess, name: str, newest: MessageView) -> Generator[Pause, None, int]:
        """Return the number after which the reading begins. If history is requested, a binary search finds it."""
        low, high = 0, min(newest.numbers) - 1
        if self.settings.since is None:
            return high
        while high - low > NUMBERS_AT_ONCE:
            middle = (low + high) // 2
            seen = yield from self._page(process, name, middle + 1)
            late = any(found.date >= self.settings.since for found in seen.posts)
            low, high = (low, middle) if late else (middle, high)
        return low

    def _page(
        self, process: SnscrapeProcess, name: str, before: int | None = None
    ) -> Generator[Pause, None, MessageView]:
        """Return one page. A page that shows nothing is asked for again before it is believed."""
        seen = MessageView()
        for paces in ASKED_AGAIN:
            yield Pause(self.settings.pace.total_seconds() * paces)
            page = yield from process.page(name, before)
            seen = view(page, name)
            problem = trouble(page, seen, name)
            # An empty page is a gap in the numbers only if it is a page of the channel.
            if problem is Trouble.ANOTHER or (problem and not seen.numbers):
                raise Permanent(problem.value)
            if seen.numbers:
                break
        return seen

    def _fill(
        self, process: SnscrapeProcess, reading: ChannelPositions, name: str, lowest: int
    ) -> Generator[Item | Pause]:
        """Read the posts between the channel's position and the newest page."""
        while (read_to := reading.channels[name].read_to or 0) + 1 < lowest:
            end = before = min(read_to + 1 + NUMBERS_AT_ONCE, lowest)
            seen = MessageView()
            while before > read_to + 1:
                part = yield from self._page(process, name, before)
                seen = part.joined(seen)
                if min(part.numbers, default=before) >= before:
                    break
                before = min(part.numbers)
            yield from self._hand_on(reading, name, seen, end - 1)

    def _hand_on(self, reading: ChannelPositions, name: str, seen: MessageView, read_to: int) -> Iterator[Item]:
        """Yield the new posts of a stretch, in order. The cursor passes the stretch only with its last post."""
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
        return Item(to_post(found, self.clock()), reading.cursor())

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
