"""The Hacker News source: every new item, and history from the search index.

Firebase gives the highest item number, and the source fetches every item up to it: stories, comments, jobs and polls.
Nothing is filtered, so topic `*` counts the whole site.

History that a user requests, and any absence of more than an hour, comes from Algolia's index, a thousand items a
request. With `terms` set, history holds only matching items, and topic `*` counts only those there. An absence is
always filled with every item.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, TypeVar

import httpx
import msgspec
from pydantic import Field

from ingest.contract import Post, Rejected
from ingest.errors import Permanent, RateLimited, Transient
from ingest.parts import Parts, Rhythm
from ingest.source import (
    About,
    Clock,
    Cursor,
    Duration,
    Item,
    PartStatus,
    Pause,
    SourceSettings,
    Steps,
    Watermark,
    Words,
    decode_cursor,
    encode_cursor,
    source_config,
)
from ingest.sources.hackernews.mapping import SOURCE, item_to_post, read_changes, read_number
from ingest.sources.hackernews.search import INDEX_LAG, Index
from ingest.transport.http import TooLarge, get, open_client, passing
from ingest.transport.slices import Backfill, Since

Read = TypeVar("Read")

LONGEST_GAP = timedelta(hours=1)
"""After a longer absence, the missed items come from the index."""

SETTLED = timedelta(seconds=2)
"""Firebase may answer from a cache, so items newer than this may still appear."""

GIVEN_UP = timedelta(minutes=2)
"""An item that is still not shown this long after its number was given is taken not to exist."""

BROKEN_FOR = timedelta(minutes=30)
"""An item that cannot be fetched for this long, while others can, is skipped."""

MOST_BROKEN = 10
"""If more items in a row cannot be fetched, the network fails and not the item."""

WATCHED = 20_000
"""The number of newest items, about two days, whose edits and deletions are followed."""

MOST_NEW = 100_000
"""The most new items at once, about ten days of the site. A higher jump of the highest number is a wrong answer."""

UPDATES_EVERY = timedelta(seconds=60)


class HackerNewsSettings(SourceSettings):
    """The settings of the Hacker News source."""

    model_config = source_config(SOURCE)

    since: Since | None = Field(None, description="read history from this date, as 2020-07-01")
    until: Since | None = Field(None, description="read history up to this date; none means up to the first start")
    terms: Words = Field((), description="history of these words only; none means everything")
    first_items: int = Field(200, description="items read back from the newest at the first start", ge=0, le=10_000)
    requests_per_second: float = Field(2.0, description="requests a second, at most", gt=0, le=20)
    poll_every: Duration = Field(timedelta(seconds=10), description="pause between two looks for new items")
    contact: str = Field("", description="how the network can reach you, sent in the User-Agent")
    base_url: str = Field("https://hacker-news.firebaseio.com/v0/", description="address of Firebase, or of a mirror")
    search_url: str = Field("https://hn.algolia.com/api/v1/", description="address of Algolia, or of a mirror")

    @property
    def addresses(self) -> tuple[str, ...]:
        """Firebase and Algolia."""
        return self.base_url, self.search_url


@dataclass(slots=True)
class SearchBackfill(Backfill):
    """The reading of history from the index. `read` is the moment up to which it is read."""

    read: datetime


@dataclass(slots=True)
class Place:
    """The cursor: every time from `since` to `until` is read, and every item up to `item` except the `missing` ones."""

    since: datetime
    until: datetime
    item: int | None = None
    missing: dict[int, datetime] = field(default_factory=dict)
    history: SearchBackfill | None = None

    def cursor(self) -> Cursor:
        """Return the cursor for saving."""
        return encode_cursor(self)


class HackerNews:
    """The source. Its cursor is a `Place`."""

    name = SOURCE
    about: ClassVar[About] = About(
        network="Hacker News: stories and comments",
        needs="",
        history="complete, to 2006",
        july_2020=True,
        deletes="edits and deletions of the last two days, while it runs",
    )

    def __init__(self, settings: HackerNewsSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._turn = Pause(1 / settings.requests_per_second)
        self._first_times: dict[int, int] = {}
        self._unsent: set[int] = set()
        """The newest items that were shown and gave no post: those that are dead, and those that are none."""
        self._broken: dict[int, str] = {}
        """The faults of items that cannot be fetched, by number."""
        self._broken_in_row = 0
        self._blind = ""
        """The fault of the list of changed items; empty while the list works."""
        interfaces = {"items": "items", "history": "history"}
        self._parts = Parts("interface", interfaces, Rhythm(settings.poll_every), clock)
        self._wants_history = settings.since is not None

    def read(self, cursor: Cursor) -> Steps:
        """Yield the requested history, then the missed items, then new items."""
        settings, now = self._settings, self._clock()
        place = decode_cursor(cursor, Place, SOURCE) if cursor else Place(now, now)
        with (
            open_client(settings.base_url, contact=settings.contact) as live,
            open_client(settings.search_url, contact=settings.contact) as search,
        ):
            if place.item is None:
                place.item = (yield from self._ask(live, "maxitem.json", read_number)) - settings.first_items
            past = Index(search, self._clock, settings.terms, self._turn)
            if self._is_due_for_history:
                yield from self._past(past, place)
            if self._clock() - place.until > LONGEST_GAP:
                yield from self._catch_up(Index(search, self._clock, (), self._turn), place)
            yield from self._follow(live, past, place)

    @property
    def _is_due_for_history(self) -> bool:
        return self._wants_history and "history" in self._parts.due()

    def _past(self, index: Index, place: Place) -> Steps:
        """Read the requested history. If the index fails, go on with new items."""
        asked_at = self._clock()
        try:
            yield from self._history(index, place)
        except Transient as error:
            yield from self._parts.failed("history", str(error), passes=True, retry_after=error.retry_after)
            return
        self._wants_history = False
        yield from self._parts.answered("history", asked_at)

    def _history(self, index: Index, place: Place) -> Steps:
        settings = self._settings
        if settings.since is None:
            return
        asked = f"{settings.since} {settings.until} {' '.join(settings.terms)}"
        if place.history is None or place.history.asked != asked:
            place.history = SearchBackfill(asked, settings.since, settings.until or place.since, settings.since)
        stretch = place.history
        for step in index.history(stretch.read, min(stretch.until, self._clock() - INDEX_LAG)):
            if isinstance(step, Pause):
                yield step
                continue
            until, posts = step
            yield from (Item(post, place.cursor()) for post in posts)
            stretch.read = until
            yield Watermark(stretch.since, until, place.cursor(), idle=True)

    def _catch_up(self, index: Index, place: Place) -> Steps:
        end = self._clock() - INDEX_LAG
        for step in index.history(place.until, end):
            if isinstance(step, Pause):
                yield step
                continue
            until, posts = step
            yield from (Item(post, place.cursor()) for post in posts)
            place.until = max(place.until, until)
            yield Watermark(place.since, place.until, place.cursor())
        newest = yield from index.newest_before(end)
        place.item, place.missing = max(place.item or 0, newest or 0), {}
        yield from (PartStatus(f"item {number}") for number in self._broken)
        self._broken.clear()

    def _follow(self, live: httpx.Client, past: Index, place: Place) -> Steps:
        looked = updated = None
        grown = self._clock()
        changes: OrderedDict[int, None] = OrderedDict()
        while True:
            now = self._clock()
            if looked is None or now - looked >= self._settings.poll_every:
                looked, before = now, place.item
                yield from self._new_items(live, place, now)
                grown = now if place.item != before else grown
                # The site is never quiet for minutes. If its highest number stands still, the interface has stopped.
                if now - grown < self._settings.silent_after:
                    place.until = max(place.until, min([now - SETTLED, *place.missing.values()]))
                    yield Watermark(place.since, place.until, place.cursor())
            elif changes:
                number, _ = changes.popitem(last=False)
                post, _ = yield from self._item(live, number, sent=number not in self._unsent)
                if fault := self._broken.pop(number, ""):
                    reason = f"What has changed in the item is not known: {fault}"
                    post = _missing(number, reason, now)
                if post is not None:
                    yield Item(post, place.cursor())
            elif updated is None or now - updated >= UPDATES_EVERY:
                updated = now
                newest = place.item or 0
                changed = yield from self._changes(live)
                known = (number for number in changed if newest - WATCHED < number <= newest)
                changes.update((number, None) for number in known if number not in place.missing)
            elif self._is_due_for_history:
                yield from self._past(past, place)
            else:
                yield Pause(min(1.0, self._settings.poll_every.total_seconds()))

    def _changes(self, live: httpx.Client) -> Generator[Pause | PartStatus, None, list[int]]:
        """Return the numbers of changed items, or none if the list fails. A failure of the list costs no new item."""
        before, self._blind = self._blind, ""
        numbers: list[int] = []
        try:
            numbers = (yield from self._ask(live, "updates.json", read_changes)).items
        except RateLimited:
            raise
        except Transient as error:
            self._blind = str(error)
        if self._blind != before:
            yield PartStatus("updates.json", self._blind)
        return numbers

    def _new_items(self, live: httpx.Client, place: Place, now: datetime) -> Steps:
        highest = yield from self._ask(live, "maxitem.json", read_number)
        known = max(highest if place.item is None else place.item, 0)
        if highest - known > MOST_NEW:
            raise Transient(f"maxitem.json jumped from {known} to {highest}: that is not followed.")
        for number in [*place.missing, *range(known + 1, highest + 1)]:
            told = self._broken.get(number, "")
            post, shown = yield from self._item(live, number, sent=False)
            first = place.missing.pop(number, now)
            place.item = max(place.item or 0, number)
            fault = self._broken.get(number, "")
            patience = BROKEN_FOR if fault else GIVEN_UP
            if not shown and now - first < patience:
                place.missing[number] = first
            elif not shown:
                reason = self._broken.pop(number, "The network gave out this number and has not shown the item")
                reason = f"{reason.rstrip('.')}, for {patience}."
                post = _missing(number, reason, now)
            if self._broken.get(number, "") != told:
                yield PartStatus(f"item {number}", self._broken.get(number, ""))
            if post is not None:
                yield Item(post, place.cursor())

    def _item(
        self, live: httpx.Client, number: int, *, sent: bool
    ) -> Generator[Pause, None, tuple[Post | Rejected | None, bool]]:
        """Return an item, or None if it is not a post, and whether the network shows the item.

        Raises:
            Transient: too many items in a row cannot be fetched.
        """
        where = f"item/{number}.json"
        try:
            body = (yield from get(live, where, clock=self._clock)).body
        except RateLimited:
            raise
        except TooLarge as error:
            return Rejected(source=SOURCE, where=where, reason=str(error), raw="", kind="too_large"), True
        except (Transient, Permanent) as error:
            self._broken_in_row += 1
            if self._broken_in_row > MOST_BROKEN:
                raise Transient(str(error)) from error
            self._broken[number] = str(error)
            yield self._turn
            return None, False
        self._broken_in_row = 0
        self._broken.pop(number, None)
        yield self._turn
        post = item_to_post(body, where, self._clock(), self._first_times.get(number), sent=sent)
        shown = body.strip() != b"null"
        if post is None and shown:
            self._unsent = {each for each in self._unsent if each > number - WATCHED} | {number}
        else:
            self._unsent.discard(number)
        if isinstance(post, Post):
            self._first_times.setdefault(number, int(post.created_at.timestamp()))
            if len(self._first_times) > WATCHED:
                del self._first_times[next(iter(self._first_times))]
        return post, shown

    def _ask(self, live: httpx.Client, path: str, read: Callable[[bytes], Read]) -> Generator[Pause, None, Read]:
        answer = yield from passing(get(live, path, clock=self._clock))
        yield self._turn
        try:
            return read(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Transient(f"{path} is something else than documented: {error}.") from error


def _missing(number: int, reason: str, now: datetime) -> Rejected:
    where = f"item/{number}.json"
    return Rejected(source=SOURCE, where=where, reason=reason, raw="", seen_at=now, kind="missing")
