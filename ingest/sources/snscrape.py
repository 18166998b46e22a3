"""What else of snscrape still works: timelines of Weibo users. See `snscrape_scrapers` for what does not, and why.

It runs in the same program as Telegram's scraper, with the same bounds.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import ClassVar

import msgspec
from pydantic import Field

from ingest.contract import Moment, Rejected
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
    decode_cursor,
    source_config,
)
from ingest.sources.http import Refused
from ingest.sources.snscrape_process import Page, SnscrapeProcess, Unreadable, require_snscrape
from ingest.sources.snscrape_scrapers import weibo_user
from ingest.sources.weibo_post import SOURCE, Found, read_found, to_post

MOST_PAGES = 8
TOO_OFTEN = frozenset({418, 432})
PINNED = 1
"""Posts that a user may keep at the top, however old they are."""


class SnscrapeSettings(SourceSettings):
    """Read from the environment, prefix `BANWATCH_SNSCRAPE_`."""

    model_config = source_config("snscrape")

    targets: Words = Field((), description="what is read, as `weibo-user:NUMBER`; without any the source is off")
    poll_every: Duration = Field(
        timedelta(minutes=5), description="between two looks at all timelines", ge=timedelta(seconds=1)
    )
    pace: Duration = Field(timedelta(seconds=3), description="between two timelines", ge=timedelta())
    silent_after: Duration = Field(
        timedelta(minutes=30),
        description="without a look at all timelines for so long it is called silent",
        gt=timedelta(),
    )
    base_url: str = Field("https://m.weibo.cn", description="address of Weibo's mobile site, or of a mirror of it")

    @property
    def starts_with_up(self) -> bool:
        """Only where there is something to read."""
        return bool(self.targets)


class Saved(msgspec.Struct, frozen=True):
    """The cursor: the highest number of each user."""

    since: Moment | None = None
    read_to: dict[str, int] = {}


class Timeline(msgspec.Struct, frozen=True):
    """What is new of a user, oldest first; `whole` where it joins what was read before."""

    new: list[Found]
    rejected: list[Rejected]
    whole: bool


class Snscrape:
    """A list of users' timelines, each from its own cursor."""

    about: ClassVar[About] = About(
        network="timelines of Weibo users, by snscrape",
        needs="a list of users, and the extra `telegram`",
        history="a few pages of a timeline",
        july_2020=False,
        deletes="nothing",
    )
    name = "snscrape"

    def __init__(self, settings: SnscrapeSettings, clock: Clock) -> None:
        if not settings.targets:
            raise Permanent(
                "snscrape reads nothing without targets: set BANWATCH_SNSCRAPE_TARGETS to words like weibo-user:NUMBER."
            )
        self.users = tuple(dict.fromkeys(map(weibo_user, settings.targets)))
        require_snscrape("telegram")
        self.settings = settings
        self.clock = clock
        self._told: dict[str, set[str]] = {}
        self._troubles: dict[str, str] = {}

    def read(self, cursor: Cursor) -> Iterator[Item | Reached | Pause]:
        """Look at all timelines, then rest, for ever."""
        kept = decode_cursor(cursor, Saved, self.name)
        since, read_to = kept.since or self.clock(), kept.read_to
        with closing(SnscrapeProcess("weibo-user", self.settings.base_url, self.clock)) as process:
            while True:
                begun = self.clock()
                troubles: dict[str, Refused | Unreadable] = {}
                for user in self.users:
                    try:
                        timeline = yield from self._timeline(process, user, read_to.get(user))
                    except (Refused, Unreadable) as error:
                        troubles[user] = error
                        timeline = Timeline([], [], whole=True)
                    since = since if timeline.whole else begun
                    for rejected in self._not_told(user, timeline.rejected):
                        yield Item(rejected, _cursor(since, read_to))
                    for found in timeline.new:
                        read_to = read_to | {user: found.number}
                        yield Item(to_post(found, self.clock()), _cursor(since, read_to))
                    yield Pause(self.settings.pace.total_seconds())
                for rejected in self._new_troubles(troubles):
                    yield Item(rejected, _cursor(since, read_to))
                # Complete, so that nobody waits for timelines that are looked at in their own time.
                yield Reached(min(since, begun), begun, _cursor(since, read_to), complete=begun > since)
                yield Pause(max((begun + self.settings.poll_every - self.clock()).total_seconds(), 0))

    def _timeline(self, process: SnscrapeProcess, user: str, read_to: int | None) -> Generator[Pause, None, Timeline]:
        """Ask for more pages until they join what was read before."""
        pages = 1
        while True:
            page = yield from self._page(process, user, pages)
            each = [read_found(bytes(raw)) for raw in page.items]
            found = sorted((post for post in each if isinstance(post, Found)), key=lambda post: post.number)
            new = [post for post in found if read_to is None or post.number > read_to]
            whole = read_to is None or not page.marks.more or len(found) - len(new) > PINNED
            if whole or pages >= MOST_PAGES:
                return Timeline(new, [post for post in each if isinstance(post, Rejected)], whole)
            pages *= 2

    def _page(self, process: SnscrapeProcess, user: str, pages: int) -> Generator[Pause, None, Page]:
        try:
            return (yield from process.page(user, pages=pages))
        except Refused as error:
            if error.status in TOO_OFTEN:
                raise Transient(f"{error} Weibo says so to whoever asks too often.") from error
            raise

    def _new_troubles(self, troubles: dict[str, Refused | Unreadable]) -> list[Rejected]:
        """Which timelines cannot be read, and were readable before: they are left out of what is covered.

        Raises:
            Transient, Permanent: none can be read.
        """
        before, self._troubles = self._troubles, {user: str(error) for user, error in troubles.items()}
        if len(troubles) == len(self.users):
            passes = any(isinstance(error, Unreadable) for error in troubles.values())
            raise (Transient if passes else Permanent)("No timeline can be read: " + "; ".join(self._troubles.values()))
        return [
            Rejected(source=SOURCE, where=f"https://m.weibo.cn/u/{user}", reason=reason, raw="")
            for user, reason in self._troubles.items()
            if before.get(user) != reason
        ]

    def _not_told(self, user: str, rejected: list[Rejected]) -> list[Rejected]:
        """What is rejected for the first time: a timeline shows it at each look."""
        told, self._told[user] = self._told.get(user, set()), {each.raw for each in rejected}
        return [each for each in rejected if each.raw not in told]


def _cursor(since: datetime, read_to: dict[str, int]) -> Cursor:
    return {"since": since.isoformat(), "read_to": read_to}
