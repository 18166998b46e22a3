"""The reader of Reddit's listings: it finds new and edited things in each listing, and deleted ones."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any

import msgspec

from ingest.contract import Moment, Rejected
from ingest.errors import Transient
from ingest.source import CURSOR_TIMES, Clock, Cursor, Item, Pause, Watermark, decode_cursor
from ingest.sources.reddit.client import RedditClient
from ingest.sources.reddit.mapping import SOURCE, Listing, Thing, read_thing, to_post
from ingest.transport.mapping import deletion, from_epoch

PAGE = 100
MOST_PAGES = 10
"""The most pages of a listing, because Reddit shows at most a thousand entries."""

SHORT = 900
"""A listing with fewer entries is complete. A longer one may be cut at a thousand, minus the removed entries."""

KNOWN = 5_000
"""The most submissions and comments that are checked again for deletion."""

AGAIN_FOR = timedelta(hours=48)

Steps = Generator[Item | Pause, None, None]


Seconds = Annotated[int, msgspec.Meta(ge=0, le=int(CURSOR_TIMES[1].timestamp()))]


class RedditCursor(msgspec.Struct, frozen=True):
    """The cursor: the highest number of each listing, and the creation time of each thing that is checked again."""

    since: Moment | None = None
    read_to: dict[str, int] = {}
    known: dict[str, Seconds] = {}


@dataclass
class ListingReader:
    """The state of one reading.

    `known` maps the full name of each thing that is checked again to its creation time in seconds.
    """

    client: RedditClient
    clock: Clock
    cursor: Cursor
    since: datetime = field(init=False)
    read_to: dict[str, int] = field(init=False)
    known: dict[str, int] = field(init=False)
    sent: dict[str, str] = field(default_factory=dict)
    """The version of each thing sent in this run, by full name."""

    def __post_init__(self) -> None:
        kept = decode_cursor(self.cursor, RedditCursor, SOURCE)
        self.since = kept.since or self.clock()
        self.read_to, self.known = kept.read_to, kept.known

    def follow(self, listing: Listing) -> Steps:
        """Yield the new things of a listing and the edited things on its first page, oldest first."""
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
            whole = (behind is not None and lowest <= behind) or (after is None and len(things) < SHORT)
            if whole or after is None:
                break
        if behind is not None and not whole:
            # Reddit no longer shows the things between, so coverage begins again after the gap.
            self.since = max(self.since, min(thing.made_at for thing in things.values()))
        yield from self._hand_on(listing, sorted(things.values(), key=lambda thing: thing.number))

    def _page(self, listing: Listing, after: str | None) -> Generator[Pause, None, tuple[list[Any], str | None]]:
        params = {**listing.params, "limit": PAGE} | ({} if after is None else {"after": after})
        answer = yield from self.client.get(listing.path, params)
        return _entries(answer, listing.path)

    def _hand_on(self, listing: Listing, things: list[Thing]) -> Iterator[Item]:
        now = self.clock()
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
        oldest = (self.clock() - AGAIN_FOR).timestamp()
        kept = sorted((made, name) for name, made in newest.items() if made >= oldest)[-KNOWN:]
        self.known = {name: made for made, name in kept}

    def _reject(self, rejected: Rejected) -> Iterator[Item]:
        """Yield a rejected record once, although the listing shows it at each request."""
        name = f"rejected {rejected.raw}"
        if name not in self.sent:
            self.sent[name] = ""
            yield Item(rejected, self._cursor())

    def look_again(self) -> Steps:
        """Check whether known things are deleted, a hundred at a time."""
        names = list(self.known)
        for start in range(0, len(names), PAGE):
            batch = names[start : start + PAGE]
            answer = yield from self.client.get("api/info", {"id": ",".join(batch), "limit": PAGE})
            for entry in _entries(answer, "api/info")[0]:
                if isinstance(entry, Thing) and entry.is_gone:
                    yield from self._gone(entry.name)

    def _gone(self, name: str) -> Iterator[Item]:
        """Yield the deletion of a known thing. A thing that was deleted before it was read was never sent."""
        made = self.known.get(name)
        if made is not None:
            self.known = {each: at for each, at in self.known.items() if each != name}
            yield Item(deletion(SOURCE, name, from_epoch(made), self.clock()), self._cursor())

    def reached(self, since: datetime, until: datetime) -> Watermark:
        """Return the watermark of all listings."""
        self.since = since
        return Watermark(since, max(until, since), self._cursor(), idle=True)

    def _cursor(self) -> Cursor:
        return {"since": self.since.isoformat(), "read_to": self.read_to, "known": self.known}


def _entries(answer: Any, path: str) -> tuple[list[Thing | Rejected], str | None]:
    """Return the entries in a listing's answer, and the start of the next page or None.

    Raises:
        Transient: the answer is not a listing.
    """
    data = answer.get("data") if isinstance(answer, dict) else None
    children = data.get("children") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(children, list):
        raise Transient(f"Reddit's answer on {path} is no listing.")
    after = data.get("after")
    return [read_thing(child) for child in children], after if isinstance(after, str) else None
