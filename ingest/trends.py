"""What networks call trending. Each network is asked by a function of its own, in a thread that may block."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from ingest.contract import Trend
from ingest.errors import Permanent
from ingest.settings import IngestSettings
from ingest.source import Clock
from ingest.transport.http import fetch, open_client, place

MOST_BYTES = 2 * 1024 * 1024
MOST_TRENDS = 100
LONGEST_NAME, LONGEST_URL = 200, 500

Shape = TypeVar("Shape")


class _BlueskyTrend(msgspec.Struct):
    topic: str = ""
    displayName: str = ""  # noqa: N815 - the network's name
    link: str = ""
    startedAt: str = ""  # noqa: N815 - the network's name


class _BlueskyTrends(msgspec.Struct):
    trends: list[_BlueskyTrend]


class _MastodonTag(msgspec.Struct):
    name: str
    url: str = ""


class _MastodonLink(msgspec.Struct):
    title: str
    url: str = ""


class _WeiboTrend(msgspec.Struct):
    word: str = ""
    note: str = ""
    onboard_time: int | None = None


class _WeiboList(msgspec.Struct):
    realtime: list[_WeiboTrend]


class _WeiboHot(msgspec.Struct):
    data: _WeiboList


@dataclass(frozen=True)
class TrendList:
    """A list of trends that can be asked: the network, the host, and the question.

    `read` raises Transient or Permanent, and ends once its event is set.
    """

    network: str
    server: str
    read: Callable[[threading.Event], Sequence[Trend]]


def trend_lists(settings: IngestSettings, clock: Clock) -> tuple[TrendList, ...]:
    """Return the lists that the settings name."""
    bluesky = [settings.trends_bluesky] if settings.trends_bluesky else []
    weibo = [settings.trends_weibo] if settings.trends_weibo else []
    return (
        *(_list("bluesky", address, _bluesky, clock) for address in bluesky),
        *(_list("mastodon", address, _mastodon, clock) for address in settings.trends_mastodon),
        *(_list("weibo", address, _weibo, clock) for address in weibo),
    )


@dataclass(frozen=True)
class _Server:
    """A network's server, which is asked within one reading."""

    address: str
    clock: Clock
    gone: threading.Event

    def ask(self, path: str, shape: type[Shape]) -> Shape:
        """Return what the server says at a path.

        Raises:
            Transient: the network fails for a time.
            Permanent: the answer is no list of trends, or the server refuses to give one.
        """
        url = f"{self.address.rstrip('/')}{path}"
        with open_client() as client:
            answer = fetch(client, url, clock=self.clock, gone=self.gone, most_bytes=MOST_BYTES)
        try:
            return msgspec.json.decode(answer.body, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Permanent(f"{place(url)} did not answer with a list of trends: {error}.") from error


def _list(network: str, address: str, ask: Callable[[_Server], Iterator[Trend]], clock: Clock) -> TrendList:
    def read(gone: threading.Event) -> list[Trend]:
        found = {each.name: each for each in ask(_Server(address, clock, gone)) if each.name}
        return list(found.values())[:MOST_TRENDS]

    return TrendList(network, urlsplit(address).hostname or address, read)


def _bluesky(server: _Server) -> Iterator[Trend]:
    for each in server.ask("/xrpc/app.bsky.unspecced.getTrends?limit=25", _BlueskyTrends).trends:
        link = f"https://bsky.app{each.link}" if each.link.startswith("/") else each.link
        started = None
        with suppress(ValueError):
            started = datetime.fromisoformat(each.startedAt)
        yield _trend(each.displayName or each.topic, link, started if started and started.tzinfo else None)


def _mastodon(server: _Server) -> Iterator[Trend]:
    for tag in server.ask("/api/v1/trends/tags?limit=20", list[_MastodonTag]):
        yield _trend(f"#{tag.name}" if tag.name else "", tag.url)
    for link in server.ask("/api/v1/trends/links?limit=20", list[_MastodonLink]):
        yield _trend(link.title, link.url)


def _weibo(server: _Server) -> Iterator[Trend]:
    for each in server.ask("/ajax/side/hotSearch", _WeiboHot).data.realtime:
        started = None
        with suppress(ValueError, OverflowError, OSError):
            started = datetime.fromtimestamp(each.onboard_time, UTC) if each.onboard_time else None
        word = each.word or each.note
        yield _trend(word, f"https://s.weibo.com/weibo?q={quote(word)}" if word else "", started)


def _trend(name: str, url: str, started_at: datetime | None = None) -> Trend:
    return Trend(" ".join(name.split())[:LONGEST_NAME], url[:LONGEST_URL], started_at)
