"""Reddit by its official API, for those who hold a key: subreddits and searches, asked again and again by asyncpraw."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from pydantic import Field, SecretStr

from ingest.contract import Rejected
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
from ingest.sources.reddit_thing import COMMENT, SOURCE, SUBMISSION, Thing, read_thing, to_delete, to_post

if TYPE_CHECKING:
    from ingest.sources.reddit_client import RedditClient

PAGE = 100
MOST_PAGES = 10
"""Reddit shows a thousand entries of a listing and no more."""

SHORT = 900
"""A listing that ends with fewer has ended; one that ends with more may have been cut off, less what was removed."""

KNOWN = 5_000
"""Submissions and comments that are looked at again, to find what was deleted."""

AGAIN_FOR = timedelta(hours=48)


class RedditSettings(SourceSettings):
    """Read from the environment, prefix `BANWATCH_REDDIT_`."""

    model_config = source_config("reddit")

    client_id: str = Field("", description="id of the application that Reddit approved; without it the source is off")
    client_secret: SecretStr = Field(SecretStr(""), description="the application's secret")
    user_agent: str = Field("", description="how the application names itself, `platform:name:version (by /u/NAME)`")
    subreddits: Words = Field(("TikTok", "technology", "news"), description="subreddits that are read")
    comments: bool = Field(True, description="read the subreddits' comments, too")
    searches: Words = Field(
        (), description="what submissions are searched for in all of Reddit; `+` stands for a blank"
    )
    interval: Duration = Field(
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
        """Only where there is a key."""
        return bool(self.client_id)


@dataclass(frozen=True, slots=True)
class Listing:
    """Newest first, of one kind of thing; `key` names it in a cursor."""

    key: str
    path: str
    params: dict[str, str | int]


def listings_of(settings: RedditSettings) -> tuple[Listing, ...]:
    """What is asked for.

    Raises:
        Permanent: naming the setting and what is wrong with it.
    """
    names = [name.removeprefix("/").removeprefix("r/").rstrip("/") for name in settings.subreddits]
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9]\w{1,20}", name, re.ASCII):
            raise Permanent(f"{name!r} is no subreddit: a name has 2 to 21 letters, digits and underscores.")
    listings: list[Listing] = []
    if together := "+".join(dict.fromkeys(names)):
        listings.append(Listing(f"{together} {SUBMISSION}", f"r/{together}/new", {}))
        if settings.comments:
            listings.append(Listing(f"{together} {COMMENT}", f"r/{together}/comments", {}))
    listings += [
        Listing(f"? {words}", "search", {"q": words.replace("+", " "), "sort": "new", "type": "link"})
        for words in dict.fromkeys(settings.searches)
    ]
    if not listings:
        raise Permanent(
            "reddit reads nothing without a listing: set BANWATCH_REDDIT_SUBREDDITS or BANWATCH_REDDIT_SEARCHES."
        )
    return tuple(listings)


class Reddit:
    """A few listings, the newest things of each since it was last asked."""

    about: ClassVar[About] = About(
        network="subreddits and searches of Reddit, by its official API",
        needs="a key, which Reddit gives on approval, and the extra `reddit`",
        history="the newest 1,000 of each listing; older by archive dumps",
        july_2020=False,
        deletes="edits among the newest 100; what is deleted within two days, by looking again",
    )
    name = SOURCE

    def __init__(self, settings: RedditSettings, clock: Clock) -> None:
        if not (settings.client_id and settings.client_secret.get_secret_value() and settings.user_agent):
            raise Permanent(
                "reddit needs a key that Reddit approved: set BANWATCH_REDDIT_CLIENT_ID, BANWATCH_REDDIT_CLIENT_SECRET "
                "and BANWATCH_REDDIT_USER_AGENT."
            )
        self.settings = settings
        self.clock = clock
        self.listings = listings_of(settings)
        self.checked_at: datetime | None = None

    def read(self, cursor: Cursor) -> Iterator[Item | Reached | Pause]:
        """Ask for all listings, then rest, for ever."""
        with closing(self._client()) as client:
            reading = Reading(self, client, cursor)
            while True:
                begun = self.clock()
                for listing in self.listings:
                    yield from reading.follow(listing)
                yield from reading.look_again()
                yield reading.reached(begun)
                yield Pause(max((begun + self.settings.interval - self.clock()).total_seconds(), 0))

    def _client(self) -> RedditClient:
        try:
            # An optional part, and slow to import.
            from ingest.sources.reddit_client import RedditClient  # noqa: PLC0415
        except ModuleNotFoundError as error:
            raise Permanent(f"{error.name} is not installed: pip install 'banwatch[reddit]'.") from error
        return RedditClient(
            client_id=self.settings.client_id,
            client_secret=self.settings.client_secret.get_secret_value(),
            user_agent=self.settings.user_agent,
            reddit_url=self.settings.token_url.rstrip("/"),
            oauth_url=self.settings.base_url.rstrip("/"),
            clock=self.clock,
        )


Steps = Generator[Item | Pause, None, None]


@dataclass
class Reading:
    """What one reading knows. `known` is when each thing was made that is looked at again, by its full name."""

    source: Reddit
    client: RedditClient
    cursor: Cursor
    since: datetime = field(init=False)
    read_to: dict[str, int] = field(init=False)
    known: dict[str, int] = field(init=False)
    sent: dict[str, str] = field(default_factory=dict)
    """Versions sent in this run, by full name."""

    def __post_init__(self) -> None:
        now = self.source.clock()
        self.since = datetime.fromisoformat(str(self.cursor.get("since", now.isoformat())))
        self.read_to = msgspec.convert(self.cursor.get("read_to", {}), dict[str, int])
        self.known = msgspec.convert(self.cursor.get("known", {}), dict[str, int])

    def follow(self, listing: Listing) -> Steps:
        """Hand on what is new in a listing, and what was edited on its first page, oldest first."""
        behind = self.read_to.get(listing.key)
        things: dict[str, Thing] = {}
        after: str | None = None
        whole = False
        for _ in range(MOST_PAGES):
            page, after = yield from self._page(listing, after)
            for entry in page:
                if isinstance(entry, Rejected):
                    yield from self._reject(entry)
                else:
                    things[entry.name] = entry
            lowest = min((thing.number for thing in things.values()), default=0)
            whole = behind is None or lowest <= behind or (after is None and len(things) < SHORT)
            if whole or after is None:
                break
        if not whole:
            # Reddit has forgotten what lies between: what is covered begins anew behind the hole.
            self.since = max(self.since, min(thing.made_at for thing in things.values()))
        yield from self._hand_on(listing, sorted(things.values(), key=lambda thing: thing.number))

    def _page(self, listing: Listing, after: str | None) -> Generator[Pause, None, tuple[list[Any], str | None]]:
        params = {**listing.params, "limit": PAGE} | ({} if after is None else {"after": after})
        answer = yield from self.client.get(listing.path, params)
        return _entries(answer, listing.path)

    def _hand_on(self, listing: Listing, things: list[Thing]) -> Iterator[Item]:
        now = self.source.clock()
        fresh = [thing for thing in things if self.sent.get(thing.name) != thing.version]
        for thing in fresh:
            self.sent[thing.name] = thing.version
            number = max(self.read_to.get(listing.key, 0), thing.number)
            self.read_to = self.read_to | {listing.key: number}
            if thing is fresh[-1]:
                self._remember(fresh)
            if thing.is_gone:
                yield from self._gone(thing.name)
            else:
                yield Item(to_post(thing, now), self._cursor())
        while len(self.sent) > 4 * KNOWN:
            del self.sent[next(iter(self.sent))]

    def _remember(self, things: list[Thing]) -> None:
        newest = self.known | {thing.name: int(thing.data.created_utc) for thing in things if not thing.is_gone}
        oldest = (self.source.clock() - AGAIN_FOR).timestamp()
        kept = sorted((made, name) for name, made in newest.items() if made >= oldest)[-KNOWN:]
        self.known = {name: made for made, name in kept}

    def _reject(self, rejected: Rejected) -> Iterator[Item]:
        """Once, although a listing shows it each time."""
        name = f"rejected {rejected.raw}"
        if name not in self.sent:
            self.sent[name] = ""
            yield Item(rejected, self._cursor())

    def look_again(self) -> Steps:
        """Ask what became of what is known, a hundred at a time."""
        now, last = self.source.clock(), self.source.checked_at
        if last is not None and now - last < self.source.settings.recheck:
            return
        self.source.checked_at = now
        names = list(self.known)
        for start in range(0, len(names), PAGE):
            batch = names[start : start + PAGE]
            answer = yield from self.client.get("api/info", {"id": ",".join(batch), "limit": PAGE})
            for entry in _entries(answer, "api/info")[0]:
                if isinstance(entry, Thing) and entry.is_gone:
                    yield from self._gone(entry.name)

    def _gone(self, name: str) -> Iterator[Item]:
        """A deletion, of what is known: what was gone before it was read was never sent."""
        made = self.known.get(name)
        if made is not None:
            self.known = {each: at for each, at in self.known.items() if each != name}
            yield Item(to_delete(name, datetime.fromtimestamp(made, UTC), self.source.clock()), self._cursor())

    def reached(self, begun: datetime) -> Reached:
        """What has been read once all listings were."""
        return Reached(self.since, max(begun - self.source.settings.lag, self.since), self._cursor())

    def _cursor(self) -> Cursor:
        return {"since": self.since.isoformat(), "read_to": self.read_to, "known": self.known}


def _entries(answer: Any, path: str) -> tuple[list[Thing | Rejected], str | None]:
    """The entries of a listing's answer, and where the next page begins.

    Raises:
        Transient: the answer is no listing.
    """
    data = answer.get("data") if isinstance(answer, dict) else None
    children = data.get("children") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(children, list):
        raise Transient(f"Reddit's answer on {path} is no listing.")
    after = data.get("after")
    return [read_thing(child) for child in children], after if isinstance(after, str) else None
