"""The reader of Reddit's listings: it finds new things in each listing, and what became of those it knows."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator
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

EMPTY = 0
"""The place in a listing that showed nothing."""

KNOWN = 5_000
"""The most submissions and comments that are checked again."""

AGAIN_FOR = timedelta(hours=48)

Steps = Generator[Item | Pause, None, None]


Seconds = Annotated[int, msgspec.Meta(ge=0, le=int(CURSOR_TIMES[1].timestamp()))]


class RedditCursor(msgspec.Struct, frozen=True):
    """The cursor: the time of the newest thing read in each listing, and the time of each thing checked again.

    Ids give no order: Reddit announced in May 2026 that those of comments no longer increase.
    """

    since: Moment | None = None
    read_until: dict[str, Seconds] = {}
    known: dict[str, Seconds] = {}


@dataclass
class ListingReader:
    """The state of one reading.

    `overlap` is how long a thing may take into a listing: each look reads so far behind the place of the last one.
    `known` maps the full name of each thing that is checked again to its creation time in seconds.
    """

    client: RedditClient
    clock: Clock
    cursor: Cursor
    overlap: timedelta
    since: datetime = field(init=False)
    read_until: dict[str, int] = field(init=False)
    known: dict[str, int] = field(init=False)
    sent: dict[str, object] = field(default_factory=dict)
    """The version of each thing sent in this run, by full name."""

    def __post_init__(self) -> None:
        cursor, numbered = _without_numbers(self.cursor)
        kept = decode_cursor(cursor, RedditCursor, SOURCE)
        self.since = kept.since or self.clock()
        # A cursor of an older version says only since when everything is read, so each listing has to go back to there.
        begun = int(self.since.timestamp())
        self.read_until, self.known = dict.fromkeys(numbered, begun) | kept.read_until, kept.known

    def follow(self, listing: Listing) -> Steps:
        """Yield the new things of a listing and the edited things on its first page, oldest first."""
        place, asked_at = self.read_until.get(listing.key), self.clock()
        far_enough = None if place is None else place - self.overlap.total_seconds()
        things: dict[str, Thing] = {}
        after: str | None = None
        for _ in range(MOST_PAGES):
            page, after = yield from self._page(listing, after)
            for entry in page:
                if isinstance(entry, Rejected):
                    yield from self._reject(entry)
                else:
                    things[entry.name] = entry
            reached = far_enough is not None and any(thing.made < far_enough for thing in things.values())
            if reached or after is None:
                break
        if place is not None and not _joins(place, things.values()):
            # Reddit no longer shows the things between, so coverage begins again after the gap.
            self.since = max(self.since, min((thing.made_at for thing in things.values()), default=asked_at))
        if not things:
            self.read_until = self.read_until | {listing.key: EMPTY}
        newest_first = sorted(things.values(), key=lambda thing: thing.made, reverse=True)
        yield from self._hand_on(listing, newest_first[::-1])

    def _page(self, listing: Listing, after: str | None) -> Generator[Pause, None, tuple[list[Any], str | None]]:
        params = {**listing.params, "limit": PAGE} | ({} if after is None else {"after": after})
        answer = yield from self.client.get(listing.path, params)
        return _entries(answer, listing.path)

    def _hand_on(self, listing: Listing, things: list[Thing]) -> Iterator[Item]:
        now = self.clock()
        fresh = [thing for thing in things if self._is_fresh(thing)]
        for thing in fresh:
            self.sent[thing.name] = thing.version
            self._advance(listing, thing)
            if thing is fresh[-1]:
                self._remember(fresh)
            if thing.is_gone:
                yield from self._gone(thing.name)
            else:
                yield Item(to_post(thing, now), self._cursor())
        if things:
            self._advance(listing, things[-1])
        while len(self.sent) > 4 * KNOWN:
            del self.sent[next(iter(self.sent))]

    def _is_fresh(self, thing: Thing) -> bool:
        """Return whether this version of a thing has not been sent. An earlier run sent the known things."""
        if thing.name in self.sent:
            return self.sent[thing.name] != thing.version
        return thing.name not in self.known or not thing.is_as_posted

    def _advance(self, listing: Listing, thing: Thing) -> None:
        # A wrong time of the future would make every later listing seem to join.
        until = min(thing.made, int(self.clock().timestamp()))
        self.read_until = self.read_until | {listing.key: max(self.read_until.get(listing.key, EMPTY), until)}

    def _remember(self, things: list[Thing]) -> None:
        newest = self.known | {thing.name: thing.made for thing in things if not thing.is_gone}
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
        """Yield the deletions and later versions of known things. A hundred are asked for at a time.

        When an account is deleted, its posts stay without an author. The author has to go from the store, too.
        """
        names = list(self.known)
        for start in range(0, len(names), PAGE):
            batch = names[start : start + PAGE]
            answer = yield from self.client.get("api/info", {"id": ",".join(batch), "limit": PAGE})
            for entry in _entries(answer, "api/info")[0]:
                if isinstance(entry, Rejected):
                    continue
                if entry.is_gone:
                    yield from self._gone(entry.name)
                elif self._is_fresh(entry):
                    self.sent[entry.name] = entry.version
                    yield Item(to_post(entry, self.clock()), self._cursor())

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
        return {"since": self.since.isoformat(), "read_until": self.read_until, "known": self.known}


def _without_numbers(cursor: Cursor) -> tuple[Cursor, list[str]]:
    """Return a cursor without the numbers of an older version, and the listings that it had numbers for.

    The numbers are not decoded, because those of new comments are larger than a cursor may hold.
    """
    numbers = cursor.get("read_to")
    if not isinstance(numbers, dict):
        return cursor, []
    return {name: value for name, value in cursor.items() if name != "read_to"}, list(numbers)


def _joins(place: int, things: Collection[Thing]) -> bool:
    """Return whether a listing goes back to a place, or showed nothing then and now.

    A short listing proves nothing: searches end after about 245 results, and listings lose their deleted entries.
    """
    return any(thing.made <= place for thing in things) or (place == EMPTY and not things)


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
