"""The Weibo source: snscrape reads timelines of users, in the same process and with the same bounds as for Telegram.

`ingest.transport.snscrape.scrapers` lists the scrapers that do not work, with the reasons.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar
from urllib.parse import urlsplit

import msgspec
from pydantic import Field, SecretStr

from ingest.contract import Moment, Rejected
from ingest.errors import Misconfigured, Permanent, RateLimited
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
    encode_cursor,
    source_config,
)
from ingest.sources.weibo.mapping import ScrapedPost, read_found, to_post
from ingest.transport.http import Refused
from ingest.transport.snscrape.process import CookieWanted, ScrapedPage, SnscrapeProcess, require_snscrape
from ingest.transport.snscrape.scrapers import weibo_user

MOST_PAGES = 8
TOO_OFTEN = 418
OWN_HOSTS = ("weibo.cn", "weibo.com", "127.0.0.1", "localhost", "::1")
"""The hosts that may receive the cookie, with their subdomains: Weibo's, and this machine."""

NO_COOKIE = (
    "Weibo shows timelines to nobody without a cookie since 2025: open m.weibo.cn in a browser and set "
    "BANWATCH_SNSCRAPE_COOKIE to the header `Cookie` that it sends there."
)
BAD_COOKIE = (
    "Weibo does not take the cookie (any more): set BANWATCH_SNSCRAPE_COOKIE to a new one, from a browser that shows "
    "the timeline at m.weibo.cn."
)


class SnscrapeSettings(SourceSettings):
    """The source's settings, read from environment variables with the prefix `BANWATCH_SNSCRAPE_`."""

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
    cookie: SecretStr = Field(
        SecretStr(""), description="the header `Cookie` that a browser sends to m.weibo.cn; Weibo shows nothing without"
    )
    base_url: str = Field("https://m.weibo.cn", description="address of Weibo's mobile site, or of a mirror of it")

    @property
    def starts_with_up(self) -> bool:
        """Whether targets are set."""
        return bool(self.targets)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The mobile site of Weibo."""
        return (self.base_url,)


def checked_cookie(settings: SnscrapeSettings) -> str:
    """Return the configured cookie, or an empty text.

    Raises:
        Misconfigured: the cookie is malformed, or would be sent to a host that is not Weibo's.
    """
    cookie = settings.cookie.get_secret_value().strip()
    if not (cookie.isascii() and cookie.isprintable()):
        raise Misconfigured("BANWATCH_SNSCRAPE_COOKIE cannot be sent: a cookie is plain ASCII on one line.")
    try:
        parts = urlsplit(settings.base_url)
    except ValueError as error:
        raise Misconfigured(f"BANWATCH_SNSCRAPE_BASE_URL is no address: {error}.") from error
    host = parts.hostname or ""
    if cookie and not any(host == own or host.endswith(f".{own}") for own in OWN_HOSTS):
        raise Misconfigured(
            f"BANWATCH_SNSCRAPE_COOKIE is sent to Weibo alone, and BANWATCH_SNSCRAPE_BASE_URL names {host[:100]}: "
            "unset one of the two."
        )
    if cookie and parts.scheme != "https" and host.endswith(OWN_HOSTS[:2]):
        raise Misconfigured("BANWATCH_SNSCRAPE_BASE_URL has to begin with https://, because a cookie is sent there.")
    return cookie


class Timeline(msgspec.Struct, frozen=True):
    """The new posts of a user, oldest first. `whole` means that they join the posts read before."""

    new: list[ScrapedPost]
    rejected: list[Rejected]
    whole: bool


@dataclass
class UserPositions:
    """The cursor: the time since which all users are read without a gap, and the highest number of each user."""

    since: Moment
    read_to: dict[str, int] = field(default_factory=dict)

    def cursor(self) -> Cursor:
        """Return the cursor for saving."""
        return encode_cursor(self)


class Snscrape:
    """Reads a list of users' timelines, each from its own position."""

    about: ClassVar[About] = About(
        network="timelines of Weibo users, by snscrape",
        needs="a list of users, a cookie of Weibo, and the extra `telegram`",
        history="a few pages of a timeline",
        july_2020=False,
        deletes="nothing",
    )
    name = "snscrape"

    def __init__(self, settings: SnscrapeSettings, clock: Clock) -> None:
        if not settings.targets:
            raise Misconfigured(
                "snscrape reads nothing without targets: set BANWATCH_SNSCRAPE_TARGETS to words like weibo-user:NUMBER."
            )
        users = dict.fromkeys(map(weibo_user, settings.targets))
        require_snscrape()
        self.settings = settings
        self.clock = clock
        self.parts = Parts(
            "timeline", {user: f"weibo-user:{user}" for user in users}, Rhythm(settings.poll_every), clock
        )
        self._cookie = checked_cookie(settings)
        self._told: dict[str, set[str]] = {}
        self._answered = False
        """Whether Weibo has shown any timeline since the source was made."""

    def read(self, cursor: Cursor) -> Steps:
        """Read each timeline when it is due, for ever."""
        reading = decode_cursor(cursor, UserPositions, self.name) if cursor else UserPositions(self.clock())
        url = self.settings.base_url
        with closing(SnscrapeProcess("weibo-user", url, self.clock, cookie=self._cookie)) as process:
            while True:
                for user in self.parts.due():
                    yield from self.parts.attempt(user, self._look(process, reading, user))
                    yield Pause(self.settings.pace.total_seconds())
                if covered := self.parts.covered(reading.since):
                    reading.since, until = covered
                    yield Watermark(reading.since, until, reading.cursor(), idle=True)
                yield self.parts.pause()

    def _look(self, process: SnscrapeProcess, reading: UserPositions, user: str) -> Generator[Item | Pause]:
        """Yield the new posts of one user."""
        asked_at = self.clock()
        timeline = yield from self._timeline(process, user, reading.read_to.get(user))
        self._answered = True
        if not timeline.whole:
            # The posts between were not shown, so coverage begins again after them.
            reading.since = asked_at
        for rejected in self._not_told(user, timeline.rejected):
            yield Item(rejected, reading.cursor())
        for found in timeline.new:
            reading.read_to = reading.read_to | {user: found.number}
            yield Item(to_post(found, self.clock()), reading.cursor())

    def _timeline(self, process: SnscrapeProcess, user: str, read_to: int | None) -> Generator[Pause, None, Timeline]:
        """Read more pages until they join the posts read before."""
        pages = 1
        while True:
            page = yield from self._page(process, user, pages)
            each = [read_found(bytes(raw), self.clock()) for raw in page.items]
            found = sorted((post for post in each if isinstance(post, ScrapedPost)), key=lambda post: post.number)
            new = [post for post in found if read_to is None or post.number > read_to]
            # A pinned post is on the first page, however old it is.
            joins = read_to is None or any(post.number <= read_to and not post.pinned for post in found)
            whole = joins or not page.marks.more
            if whole or pages >= MOST_PAGES:
                return Timeline(new, [post for post in each if isinstance(post, Rejected)], whole)
            pages *= 2

    def _page(self, process: SnscrapeProcess, user: str, pages: int) -> Generator[Pause, None, ScrapedPage]:
        try:
            return (yield from process.page(user, pages=pages))
        except CookieWanted as error:
            if not (self._cookie or self._answered):
                raise Misconfigured(NO_COOKIE) from error
            raise Permanent(BAD_COOKIE if self._cookie else NO_COOKIE) from error
        except Refused as error:
            if error.status == TOO_OFTEN:
                raise RateLimited(f"{error} Weibo says so to whoever asks too often.") from error
            raise

    def _not_told(self, user: str, rejected: list[Rejected]) -> list[Rejected]:
        """Return the records that are rejected for the first time, because a timeline shows them at each reading."""
        told, self._told[user] = self._told.get(user, set()), {each.raw for each in rejected}
        return [each for each in rejected if each.raw not in told]
