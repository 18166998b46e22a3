"""News feeds: any number, each asked in its own time, none hindered by another.

A feed is asked with what it last said of its version (ETag, Last-Modified); what it lists and is not known is a post
by its publisher. The cursor holds, feed by feed, what is known: without it an entry that has no date, or another one
than yesterday, would be counted twice.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import ClassVar

import httpx
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
from ingest.sources.feed_items import SOURCE, Entry, FirstSight, NotAFeed, entry_to_post, read_feed
from ingest.sources.feed_list import Feed, feeds
from ingest.sources.feed_schedule import Turn, asked_anew, failed, succeeded
from ingest.sources.http import Answer, Refused, get, open_client, place
from ingest.sources.waiting import beside

LARGEST_FEED = 8 * 1024 * 1024
DROPPED = 200
"""Entries that a feed lists no more and that are remembered: some servers show an old list now and then."""

LATE = timedelta(hours=1)
"""What is found so long after its date is history: counted, and no alert."""

FORGOTTEN_AFTER = timedelta(hours=12)
"""After a longer absence entries may have left a feed unseen, and what is covered begins anew."""

TOLD_FROM = 3
"""Failures in a row from which a feed that does not answer is told of."""

GAP = Pause(0.2)
"""Between two requests to whichever feeds."""


class RssSettings(SourceSettings):
    """What a user sets of feeds."""

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


class Known(msgspec.Struct, frozen=True):
    """What is known of a feed. `sights` by the entry's id, those listed last at the end."""

    etag: str = ""
    modified: str = ""
    sights: dict[str, FirstSight] = {}


class Saved(msgspec.Struct, frozen=True):
    """The cursor, with the types of everything in it."""

    since: Moment
    until: Moment
    feeds: dict[str, Known] = {}
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """The cursor: what is covered, and what is known of each feed, as JSON has it."""

    since: datetime
    until: datetime
    feeds: Mapping[str, object] = field(default_factory=dict)
    gone: tuple[str, ...] = ()

    def known(self, url: str) -> Known:
        """What is known of one feed."""
        return msgspec.convert(self.feeds.get(url, {}), Known)

    def knowing(self, url: str, known: Known) -> State:
        """The same with one feed's knowledge replaced; that of the others is shared."""
        return replace(self, feeds={**self.feeds, url: msgspec.to_builtins(known)})

    def cursor(self) -> Cursor:
        """As it is written down."""
        since, until = self.since.isoformat(), self.until.isoformat()
        return {"since": since, "until": until, "feeds": self.feeds, "gone": list(self.gone)}


class Rss:
    """The source."""

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
        self._feeds = feeds(settings.feeds, settings.feeds_file)
        self._turns = {feed.url: Turn(clock()) for feed in self._feeds}

    def read(self, cursor: Cursor) -> Iterator[Item | Reached | Pause]:
        """Yield what the feeds list that is new, feed after feed, for ever."""
        state = self._begin(cursor)
        with open_client(contact=self._settings.contact) as client:
            while True:
                feed = self._next(state)
                wait = (self._turns[feed.url].due - self._clock()).total_seconds()
                if wait > 0:
                    yield Pause(min(wait, 1.0))
                    continue
                state = yield from self._visit(client, feed, state)
                yield GAP

    def _begin(self, cursor: Cursor) -> State:
        now = self._clock()
        if not cursor:
            return State(now, now)
        kept = decode_cursor(cursor, Saved, SOURCE)
        state = State(kept.since, kept.until, msgspec.to_builtins(kept.feeds), kept.gone)
        return state if now - state.until < FORGOTTEN_AFTER else replace(state, since=now, until=now)

    def _standing(self, state: State) -> list[Feed]:
        return [feed for feed in self._feeds if feed.url not in state.gone]

    def _next(self, state: State) -> Feed:
        standing = self._standing(state)
        if not standing:
            raise Permanent("Every feed is gone for good. Set BANWATCH_RSS_FEEDS or BANWATCH_RSS_FEEDS_FILE.")
        return min(standing, key=lambda feed: self._turns[feed.url].due)

    def _visit(self, client: httpx.Client, feed: Feed, state: State) -> Generator[Item | Reached | Pause, None, State]:
        """Ask one feed, whatever comes of it; the state behind it."""
        now, known = self._clock(), state.known(feed.url)
        try:
            answer = yield from get(
                client, feed.url, clock=self._clock, headers=_conditions(known), most_bytes=LARGEST_FEED
            )
            entries: tuple[Entry, ...] = ()
            if answer.status != HTTPStatus.NOT_MODIFIED:
                entries = yield from beside(lambda: read_feed(answer.body, answer.headers, feed))
        except Transient as error:
            turn = self._failed(feed, now, error.retry_after)
            standing = self._standing(state)
            if all(self._turns[each.url].failures for each in standing):
                self._ask_anew(standing, feed, now)
                raise Transient(f"No feed answers; the last: {error}", self._asked_wait(standing, now)) from error
            if turn.failures == TOLD_FROM:
                yield _told(feed, str(error), now, state)
            return state
        except (Permanent, NotAFeed) as error:
            self._failed(feed, now, None)
            if isinstance(error, Refused) and error.status == HTTPStatus.GONE:
                state = replace(state, gone=(*state.gone, feed.url))
            yield _told(feed, str(error), now, state)
            return state
        state = yield from self._take(feed, entries, answer, now, state)
        self._turns[feed.url] = succeeded(now, self._settings.poll_every, self._chance())
        state = replace(state, until=self._covered(state))
        # Complete, so that nobody who watches other sources waits for the next look at the feeds.
        yield Reached(state.since, state.until, state.cursor(), complete=state.until > state.since)
        return state

    def _take(
        self, feed: Feed, entries: Sequence[Entry], answer: Answer, now: datetime, state: State
    ) -> Generator[Item, None, State]:
        if answer.status == HTTPStatus.NOT_MODIFIED:
            return state
        known = state.known(feed.url)
        listed = {entry.id for entry in entries}
        sights = {name: sight for name, sight in known.sights.items() if name not in listed}
        sights |= {entry.id: known.sights[entry.id] for entry in entries if entry.id in known.sights}
        for entry in entries:
            sight, before = _sight(entry, sights.get(entry.id), now), sights.get(entry.id)
            if sight == before:
                continue
            sights[entry.id] = sight
            state = state.knowing(feed.url, msgspec.structs.replace(known, sights=sights))
            late = timedelta(seconds=sight.seen - sight.created) > LATE
            yield Item(entry_to_post(entry, sight, backfill=late), state.cursor())
        kept = dict(list(sights.items())[-(len(listed) + DROPPED) :])
        versions = _versions(answer)
        return state.knowing(feed.url, Known(versions.etag, versions.modified, sights=kept))

    def _failed(self, feed: Feed, now: datetime, retry_after: timedelta | None) -> Turn:
        turn = failed(self._turns[feed.url], now, self._settings.poll_every, retry_after, self._chance())
        self._turns[feed.url] = turn
        return turn

    def _ask_anew(self, standing: Sequence[Feed], last: Feed, now: datetime) -> None:
        """Where no feed at all answers it is not the feeds: whoever reads this source paces the next tries."""
        for feed in standing:
            turn = self._turns[feed.url]
            # The one that was asked last comes behind the others.
            due = now + timedelta(milliseconds=1) if feed == last else min(turn.due, now)
            self._turns[feed.url] = asked_anew(turn, due)

    def _asked_wait(self, standing: Sequence[Feed], now: datetime) -> timedelta | None:
        """How long every feed asks to be left alone; None if one of them does not."""
        waits = [(self._turns[feed.url].not_before or now) - now for feed in standing]
        return min(waits) if min(waits) > timedelta() else None

    def _covered(self, state: State) -> datetime:
        """Up to when every feed that answers has been asked."""
        read = [self._turns[feed.url].read for feed in self._standing(state) if not self._turns[feed.url].failures]
        return state.until if None in read else max([state.until, min(moment for moment in read if moment)])


def _conditions(known: Known) -> dict[str, str]:
    given = {"If-None-Match": known.etag, "If-Modified-Since": known.modified}
    return {name: value for name, value in given.items() if value}


def _versions(answer: Answer) -> Known:
    headers = answer.headers
    return Known(_sendable(headers.get("etag", "")), _sendable(headers.get("last-modified", "")))


def _sendable(value: str) -> str:
    return value if value.isascii() and len(value) < 500 else ""


def _sight(entry: Entry, before: FirstSight | None, now: datetime) -> FirstSight:
    if before is not None:
        return replace(before, digest=entry.digest)
    created = entry.published or now
    return FirstSight(now.timestamp(), created.timestamp(), entry.digest)


def _told(feed: Feed, reason: str, now: datetime, state: State) -> Item:
    reason = f"The feed cannot be read: {reason}"
    return Item(Rejected(source=SOURCE, where=place(feed.url), reason=reason, raw="", seen_at=now), state.cursor())
