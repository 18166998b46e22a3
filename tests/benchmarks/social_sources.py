"""What the parsers of the social sources reach: `python -m tests.benchmarks.social_sources`.

One process, one core; sizes are said because they decide. Telegram and Weibo are measured through snscrape's process,
network included.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime

from ingest.sources.mastodon import mapping as mastodon_status
from ingest.sources.reddit import mapping as reddit_thing
from ingest.sources.telegram import mapping as telegram_channel
from ingest.transport.snscrape.process import SnscrapeProcess
from tests.support.networks.mastodon_server import Instance
from tests.support.networks.reddit_server import Forum
from tests.support.networks.telegram_server import Site, a_channel
from tests.support.serving import served

SECONDS = 3.0
TEXT = "TikTok will be banned in every harbour, they say, and nobody knows where the boats will go. " * 3


def rate(once: Callable[[], int]) -> float:
    """Posts a second, over a few seconds."""
    once()
    begun, posts = time.perf_counter(), 0
    while time.perf_counter() - begun < SECONDS:
        posts += once()
    return posts / (time.perf_counter() - begun)


def measures() -> Iterator[tuple[str, int, float]]:
    """Name, bytes of one payload, posts a second."""
    now = datetime.now(UTC)
    status = Instance().status(TEXT)
    raw = json.dumps(status).encode()
    yield "mastodon", len(raw), rate(lambda: _mastodon(raw, now))
    thing = Forum().submission(TEXT)
    yield "reddit", len(json.dumps(thing)), rate(lambda: _reddit(thing, now))
    site = Site({"harbour_news": a_channel("harbour_news", range(1, 21), TEXT)})
    size = len(site.channels["harbour_news"][1])
    with (
        served(site) as server,
        closing(SnscrapeProcess("telegram-channel", server.url, lambda: now)) as process,
    ):
        yield "telegram, pages of 20", size, rate(lambda: _telegram(process, now))


def _mastodon(raw: bytes, now: datetime) -> int:
    mastodon_status.to_post(mastodon_status.read_status(raw), "reef.example", None, now)
    return 1


def _reddit(raw: object, now: datetime) -> int:
    thing = reddit_thing.read_thing(raw)
    assert isinstance(thing, reddit_thing.Thing)
    reddit_thing.to_post(thing, now)
    return 1


def _telegram(process: SnscrapeProcess, now: datetime) -> int:
    asking = process.page("harbour_news")
    while True:
        try:
            next(asking)
        except StopIteration as end:
            posts = telegram_channel.view(end.value, "harbour_news").posts
            return len([telegram_channel.to_post(post, seen_at=now) for post in posts])


def main() -> None:
    """Print a line each."""
    for name, size, posts in measures():
        print(f"{name}: {posts:,.0f} posts/s of {size:,} bytes")


if __name__ == "__main__":
    main()
