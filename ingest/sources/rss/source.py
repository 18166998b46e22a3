"""The source for news feeds. It reads any number of feeds, each on its own schedule; no feed delays another.

A request carries the feed's last version (ETag, Last-Modified), and each unknown entry becomes a post by its publisher.
The cursor holds the known entries of each feed. Without it, an entry without a date, or with a changed date, would be
counted twice.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import ClassVar

import httpx
import msgspec
from pydantic import Field

from ingest.contract import Moment
from ingest.errors import Misconfigured, Permanent, Transient
from ingest.parts import Parts, Rhythm
from ingest.source import (
    About,
    Clock,
    Cursor,
    Duration,
    Item,
    Pause,
    SourceSettings,
    Step,
    Steps,
    Watermark,
    Words,
    decode_cursor,
    source_config,
)
from ingest.sources.rss.catalog import Feed, feeds
from ingest.sources.rss.mapping import SOURCE, Entry, FirstSight, entry_to_post, read_feed
from ingest.transport.http import HttpResponse, Refused, get, open_client, place
from ingest.transport.threads import in_thread

LARGEST_FEED = 8 * 1024 * 1024
DROPPED = 200
"""The number of remembered entries that a feed no longer lists, because some servers sometimes return an old list."""

FORGOTTEN_AFTER = timedelta(hours=12)
"""After a longer absence, entries may have left a feed unread, so coverage begins again."""

JITTER = 0.2
"""The share of the pause by which it varies at random, so that not all feeds are asked at once."""

RAREST = timedelta(hours=6)
"""The longest interval between two requests to a failing feed."""

NO_PROGRAMS = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_ACCEPTABLE})
GONE_FOR_GOOD = "It is gone for good (410) and is asked no more: take it out of the list of feeds."

GAP = Pause(0.2)
"""The pause between two requests, whichever feeds they go to."""


class RssSettings(SourceSettings):
    """The settings of the source for news feeds."""

    model_config = source_config(SOURCE)

    silent_after: Duration = Field(
        timedelta(minutes=30), description="without any answer for so long the source is called silent", gt=timedelta()
    )
    feeds: Words = Field((), description="addresses of feeds; none means those of the file")
    feeds_file: Path | None = Field(
        None, description="list of feeds; none means the shipped one, if no address is given"
    )
    poll_every: Duration = Field(timedelta(minutes=10), description="pause between two looks at a feed", gt=timedelta())
    contact: str = Field("", description="how a publisher can reach you, sent in the User-Agent")

    @property
    def addresses(self) -> tuple[str, ...]:
        """The feeds."""
        return tuple(feed.url for feed in feeds(self.feeds, self.feeds_file))


class Known(msgspec.Struct, frozen=True):
    """The known version and entries of a feed.

    `sights` maps an entry's id to its first sight, the last listed entries last.
    """

    etag: str = ""
    modified: str = ""
    sights: dict[str, FirstSight] = {}


class RssCursor(msgspec.Struct, frozen=True):
    """The types of the cursor's fields."""

    since: Moment
    until: Moment
    feeds: dict[str, Known] = {}
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """The cursor: the covered span, and the known entries of each feed as JSON values."""

    since: datetime
    until: datetime
    feeds: Mapping[str, object] = field(default_factory=dict)
    gone: tuple[str, ...] = ()

    def known(self, url: str) -> Known:
        """Return the known entries of one feed."""
        return msgspec.convert(self.feeds.get(url, {}), Known)

    def knowing(self, url: str, known: Known) -> State:
        """Return the state with one feed's entries replaced. The new state shares the other feeds' entries."""
        return replace(self, feeds={**self.feeds, url: msgspec.to_builtins(known)})

    def cursor(self) -> Cursor:
        """Return the cursor for saving."""
        since, until = self.since.isoformat(), self.until.isoformat()
        return {"since": since, "until": until, "feeds": self.feeds, "gone": list(self.gone)}


class Rss:
    """The source that reads news feeds."""

    name = SOURCE
    about: ClassVar[About] = About(
        network="news feeds (RSS, Atom): a shipped list or your own",
        needs="",
        history="what the feeds list, a few days",
        july_2020=False,
        deletes="corrections of what a feed lists; no deletions",
    )

    def __init__(self, settings: RssSettings, clock: Clock, chance: Callable[[], float] = random.random) -> None:
        self._settings = settings
        self._clock = clock
        self._chance = chance
        self._feeds = {feed.url: feed for feed in feeds(settings.feeds, settings.feeds_file)}
        rhythm = Rhythm(settings.poll_every, RAREST, JITTER)
        self._parts = Parts("feed", {url: _label(feed) for url, feed in self._feeds.items()}, rhythm, clock, chance)

    def read(self, cursor: Cursor) -> Steps:
        """Yield the new entries of the feeds, feed after feed, for ever."""
        state = self._begin(cursor)
        for url in self._feeds.keys() & set(state.gone):
            yield from self._parts.drop(url, GONE_FOR_GOOD)
        with open_client(contact=self._settings.contact) as client:
            while len(self._parts):
                url, due = self._parts.first()
                wait = (due - self._clock()).total_seconds()
                if wait > 0:
                    yield Pause(min(wait, 1.0))
                    continue
                state = yield from self._visit(client, self._feeds[url], state)
                yield GAP
        raise Misconfigured("Every feed is gone for good. Set BANWATCH_RSS_FEEDS or BANWATCH_RSS_FEEDS_FILE.")

    def _begin(self, cursor: Cursor) -> State:
        now = self._clock()
        if not cursor:
            return State(now, now)
        kept = decode_cursor(cursor, RssCursor, SOURCE)
        state = State(kept.since, kept.until, msgspec.to_builtins(kept.feeds), kept.gone)
        return state if now - state.until < FORGOTTEN_AFTER else replace(state, since=now, until=now)

    def _visit(self, client: httpx.Client, feed: Feed, state: State) -> Generator[Step, None, State]:
        """Read one feed, whether it fails or not, and return the new state."""
        now, known = self._clock(), state.known(feed.url)
        try:
            answer = yield from get(
                client, feed.url, clock=self._clock, headers=_conditions(known), most_bytes=LARGEST_FEED
            )
            entries: tuple[Entry, ...] = ()
            if answer.status != HTTPStatus.NOT_MODIFIED:
                entries = yield from in_thread(lambda: read_feed(answer.body, answer.headers, feed))
        except Transient as error:
            yield from self._parts.failed(feed.url, str(error), passes=True, retry_after=error.retry_after)
            return state
        except Permanent as error:
            if isinstance(error, Refused) and error.status == HTTPStatus.GONE:
                yield from self._parts.drop(feed.url, GONE_FOR_GOOD)
                return replace(state, gone=(*state.gone, feed.url))
            yield from self._parts.failed(feed.url, _fault(error), passes=False)
            return state
        state = yield from self._take(feed, entries, answer, now, state)
        yield from self._parts.answered(feed.url, now)
        if covered := self._parts.covered(state.since):
            state = replace(state, since=covered[0], until=max(state.until, covered[1]))
        yield Watermark(state.since, state.until, state.cursor(), idle=True)
        return state

    def _take(
        self, feed: Feed, entries: Sequence[Entry], answer: HttpResponse, now: datetime, state: State
    ) -> Generator[Item, None, State]:
        if answer.status == HTTPStatus.NOT_MODIFIED:
            return state
        known = state.known(feed.url)
        listed = {entry.id for entry in entries}
        sights = {name: sight for name, sight in known.sights.items() if name not in listed}
        sights |= {entry.id: known.sights[entry.id] for entry in entries if entry.id in known.sights}
        for entry in entries:
            before = sights.get(entry.id)
            sight = _sight(entry, before, now, first_look=not known.sights)
            if sight == before:
                continue
            sights[entry.id] = sight
            state = state.knowing(feed.url, msgspec.structs.replace(known, sights=sights))
            yield Item(entry_to_post(entry, sight), state.cursor())
        kept = dict(list(sights.items())[-(len(listed) + DROPPED) :])
        versions = _versions(answer)
        return state.knowing(feed.url, Known(versions.etag, versions.modified, sights=kept))


def _label(feed: Feed) -> str:
    """Return a feed's name for a person. The name holds no secret and is unique."""
    try:
        where = feed.key
    except ValueError:
        where = place(feed.url)
    return f"{feed.name}, {where}" if feed.name else where


def _conditions(known: Known) -> dict[str, str]:
    given = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
    return {name: value for name, value in given.items() if value}


def _versions(answer: HttpResponse) -> Known:
    headers = answer.headers
    return Known(_sendable(headers.get("etag", "")), _sendable(headers.get("last-modified", "")))


def _sendable(value: str) -> str:
    return value if value.isascii() and len(value) < 500 else ""


def _sight(entry: Entry, before: FirstSight | None, now: datetime, *, first_look: bool) -> FirstSight:
    if before is not None:
        return replace(before, digest=entry.digest)
    created = entry.published or now
    return FirstSight(now.timestamp(), created.timestamp(), entry.digest, old=first_look and entry.published is None)


def _fault(error: Exception) -> str:
    if isinstance(error, Refused) and error.status in NO_PROGRAMS:
        return (
            f"The publisher refuses programs ({error.status}): ask it for access by the name that --contact sends, or "
            "leave the feed out by a list of your own, BANWATCH_RSS_FEEDS_FILE."
        )
    return str(error)
