"""A public timeline that grows without a rest, in a time that passes by what is asked: as fast as the pages come."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from queue import Queue

from ingest.contract import Post, Rejected
from ingest.source import Item, PartStatus, Pause, Watermark
from ingest.sources.mastodon.feed_state import FeedState
from ingest.sources.mastodon.mapping import id_at
from ingest.sources.mastodon.reader import FeedsReader, Pacing
from ingest.sources.mastodon.source import Mastodon, MastodonSettings
from tests.support.networks.mastodon_server import Instance
from tests.support.serving import Asked, Says, served

BEGUN = datetime(2026, 3, 1, 12, tzinfo=UTC)
PAGE_TAKES = timedelta(seconds=3)
"""Between two pages by default: 300 in 15 minutes."""

IDLE_STEP = timedelta(seconds=15)


@dataclass
class Firehose:
    """`rate` statuses come each second from `BEGUN` on; each page takes as long as the limits of an instance let it."""

    rate: float
    lasts: timedelta = timedelta(days=1)
    now: datetime = BEGUN + timedelta(minutes=1)
    pages: int = 0
    url: str = ""
    _made: Instance = field(default_factory=Instance)

    def clock(self) -> datetime:
        return self.now

    def __call__(self, asked: Asked) -> Says:
        if not asked.path.startswith("/api/v1/timelines"):
            return Says(b"{}", status=404)
        self.now += PAGE_TAKES
        self.pages += 1
        there = int(min(self.now - BEGUN, self.lasts).total_seconds() * self.rate)
        first = there - 40
        if "min_id" in asked.parameters:
            filed = datetime.fromtimestamp((int(asked.parameters["min_id"]) >> 16) / 1000, UTC)
            first = max(0, int((filed - BEGUN).total_seconds() * self.rate) - 1)
            first += sum(int(self._number(first + more)) <= int(asked.parameters["min_id"]) for more in range(4))
        numbers = range(max(0, first), min(there, first + 40))
        return Says(json.dumps([self._status(number) for number in reversed(numbers)]).encode())

    def _time(self, number: int) -> datetime:
        return BEGUN + timedelta(seconds=number / self.rate)

    def _number(self, number: int) -> str:
        return id_at(self._time(number))

    def _status(self, number: int) -> dict[str, object]:
        status = self._made.status(f"status {number}", at=self._time(number))
        return status | {"id": self._number(number), "uri": f"https://reef.example/{number}"}


@dataclass
class Read:
    """What was read of it."""

    numbers: list[int] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    reached: list[Watermark] = field(default_factory=list)


@contextmanager
def firehose(rate: float, lasts: timedelta = timedelta(days=1)) -> Iterator[Firehose]:
    hose = Firehose(rate, lasts)
    with served(hose) as server:
        hose.url = server.url
        yield hose


def read(hose: Firehose, for_so_long: timedelta) -> Read:
    """Read it for a while of its own time. Where nothing is under way its time passes too.

    A page is fetched only once the page before the last is taken: otherwise its time would run ahead of the reader on
    a slow machine.
    """
    settings = MastodonSettings(
        instances=(hose.url,), hashtags=(), public="all", pace=timedelta(), lag=timedelta(), streaming="never"
    )
    source = Mastodon(settings, hose.clock)
    lines = [FeedState(feed, source.instances[feed.host], hose.now) for feed in source.feeds]
    reader = FeedsReader(lines, Pacing(settings.poll_every, settings.lag, lambda: 0.5), None, hose.clock, {})
    reader.events = Queue(1)
    found, until = Read(), hose.now + for_so_long
    with closing(reader.run()) as steps:  # type: ignore[type-var]
        for step in steps:
            match step:
                case Item(found=Post() as post):
                    found.numbers.append(int(post.text.split()[-1]))
                case Item(found=Rejected() as rejected):
                    found.rejected.append(rejected)
                case PartStatus(fault=fault):
                    found.faults.append(fault)
                case Watermark():
                    found.reached.append(step)
                case Pause() if all(line.attempt is None for line in lines):
                    hose.now += IDLE_STEP
            if hose.now >= until:
                return found
    return found
