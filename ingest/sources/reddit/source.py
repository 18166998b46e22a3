"""The Reddit source reads subreddits and searches through the official API, which needs a key."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field, SecretStr

from ingest.errors import Misconfigured, RateLimited, Transient
from ingest.parts import Parts, Rhythm
from ingest.source import (
    About,
    Clock,
    Cursor,
    Duration,
    PartStatus,
    SourceSettings,
    Steps,
    Words,
    source_config,
)
from ingest.sources.reddit.mapping import COMMENT, SOURCE, SUBMISSION, Listing
from ingest.transport.http import Refused

if TYPE_CHECKING:
    from ingest.sources.reddit.reader import ListingReader


class RedditSettings(SourceSettings):
    """The source's settings, read from environment variables with the prefix `BANWATCH_REDDIT_`."""

    model_config = source_config("reddit")

    client_id: str = Field("", description="id of the application that Reddit approved; without it the source is off")
    client_secret: SecretStr = Field(SecretStr(""), description="the application's secret")
    user_agent: str = Field("", description="how the application names itself, `platform:name:version (by /u/NAME)`")
    subreddits: Words = Field((), description="subreddits that are read; none means those of the taxonomy")
    comments: bool = Field(True, description="read the subreddits' comments, too")
    searches: Words = Field(
        (), description="what submissions are searched for in all of Reddit; `+` stands for a blank"
    )
    poll_every: Duration = Field(
        timedelta(minutes=1), description="between two looks at all listings", ge=timedelta(seconds=1)
    )
    lag: Duration = Field(timedelta(seconds=30), description="how long a post may take into a listing", ge=timedelta())
    recheck: Duration = Field(
        timedelta(hours=1), description="between two looks at what was deleted", ge=timedelta(seconds=1)
    )
    silent_after: Duration = Field(
        timedelta(minutes=10),
        description="without a look at all listings for so long it is called silent",
        gt=timedelta(),
    )
    base_url: str = Field("https://oauth.reddit.com", description="address of the API")
    token_url: str = Field("https://www.reddit.com", description="address that gives the access token")

    @property
    def starts_with_up(self) -> bool:
        """Whether a key is set."""
        return bool(self.client_id)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the access token and the listings come from."""
        return self.token_url, self.base_url


def listings_of(settings: RedditSettings) -> tuple[Listing, ...]:
    """Return the listings that the settings describe.

    Raises:
        Misconfigured: a setting is wrong; the message names the setting and the fault.
    """
    names = [name.removeprefix("/").removeprefix("r/").rstrip("/") for name in settings.subreddits]
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9]\w{1,20}", name, re.ASCII):
            raise Misconfigured(f"{name!r} is no subreddit: a name has 2 to 21 letters, digits and underscores.")
    listings: list[Listing] = []
    for name in dict.fromkeys(names):
        listings.append(Listing(f"{name} {SUBMISSION}", f"r/{name}", f"r/{name}/new", {}))
        if settings.comments:
            listings.append(Listing(f"{name} {COMMENT}", f"r/{name} comments", f"r/{name}/comments", {}))
    for given in dict.fromkeys(settings.searches):
        words = given.replace("+", " ")
        listings.append(
            Listing(f"? {given}", f"search for {words}", "search", {"q": words, "sort": "new", "type": "link"})
        )
    if not listings:
        raise Misconfigured(
            "reddit reads nothing without a listing: set BANWATCH_REDDIT_SUBREDDITS or "
            "BANWATCH_REDDIT_SEARCHES, or write `subreddits` in the taxonomy, under [sources.reddit]."
        )
    return tuple(listings)


class Reddit:
    """Reads the newest things of several listings at intervals."""

    about: ClassVar[About] = About(
        network="subreddits and searches of Reddit, by its official API",
        needs="a key, which Reddit gives on approval, and the extra `reddit`",
        history="the newest 1,000 of a subreddit, some 245 of a search; older by archive dumps",
        july_2020=False,
        deletes="edits and deletions within two days, by looking again",
    )
    name = SOURCE

    def __init__(self, settings: RedditSettings, clock: Clock) -> None:
        if not (settings.client_id and settings.client_secret.get_secret_value() and settings.user_agent):
            raise Misconfigured(
                "reddit needs a key that Reddit approved: set BANWATCH_REDDIT_CLIENT_ID, BANWATCH_REDDIT_CLIENT_SECRET "
                "and BANWATCH_REDDIT_USER_AGENT."
            )
        if find_spec("asyncpraw") is None:
            raise Misconfigured("asyncpraw is not installed: pip install 'banwatch[reddit]'.")
        self.settings = settings
        self.clock = clock
        self.listings = {listing.key: listing for listing in listings_of(settings)}
        labels = {key: listing.label for key, listing in self.listings.items()}
        self.parts = Parts("listing", labels, Rhythm(settings.poll_every), clock)
        self.checked_at: datetime | None = None
        self._blind = ""
        """The fault of the check for deletions; empty while the check works."""

    def read(self, cursor: Cursor) -> Steps:
        """Yield the new things of all listings, then pause, for ever."""
        # The library is optional and slow to import.
        from ingest.sources.reddit.client import RedditClient  # noqa: PLC0415
        from ingest.sources.reddit.reader import ListingReader  # noqa: PLC0415

        client = RedditClient(
            client_id=self.settings.client_id,
            client_secret=self.settings.client_secret.get_secret_value(),
            user_agent=self.settings.user_agent,
            reddit_url=self.settings.token_url.rstrip("/"),
            oauth_url=self.settings.base_url.rstrip("/"),
            clock=self.clock,
        )
        with closing(client):
            yield from self._follow(ListingReader(client, self.clock, cursor, self.settings.lag))

    def _follow(self, reading: ListingReader) -> Steps:
        while True:
            for key in self.parts.due():
                yield from self.parts.attempt(key, reading.follow(self.listings[key]))
            if self.checked_at is None or self.clock() - self.checked_at >= self.settings.recheck:
                self.checked_at = self.clock()
                yield from self._look_again(reading)
            if covered := self.parts.covered(reading.since):
                since, until = covered
                yield reading.reached(since, until - self.settings.lag)
            yield self.parts.pause()

    def _look_again(self, reading: ListingReader) -> Steps:
        """Look for deletions. A failure of this check affects no listing and no watermark."""
        before, self._blind = self._blind, ""
        try:
            yield from reading.look_again()
        except RateLimited:
            raise
        except (Transient, Refused) as error:
            self._blind = str(error)
        if self._blind != before:
            yield PartStatus("deletions", self._blind)
