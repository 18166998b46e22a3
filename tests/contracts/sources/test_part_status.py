"""What becomes of a part that fails, from a source to the word of its collector, over a real broker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from ingest.contract import KafkaAddress
from ingest.cursors import CursorFile
from ingest.source import Source
from ingest.sources.reddit.source import Reddit, RedditSettings
from ingest.sources.rss.source import Rss, RssSettings
from ingest.sources.telegram.source import Telegram, TelegramSettings
from ingest.sources.weibo.source import Snscrape, SnscrapeSettings
from tests.support.live import run_source
from tests.support.log_reader import LogReader
from tests.support.networks.feed_publisher import Publisher, a_feed, an_item
from tests.support.networks.reddit_server import Forum
from tests.support.networks.telegram_server import Site, a_channel
from tests.support.networks.weibo_server import USER, Timeline
from tests.support.serving import Asked, Says, served
from tests.support.waiting import eventually

pytestmark = pytest.mark.long

EVERY = timedelta(seconds=0.2)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Shut:
    """A server of which one address is shut until it is opened."""

    answer: Callable[[Asked], Says | None]
    part: Callable[[Asked], bool]
    is_open: bool = False

    def __call__(self, asked: Asked) -> Says | None:
        if self.part(asked) and not self.is_open:
            return Says(status=403)
        return self.answer(asked)


def telegram(url: str) -> Telegram:
    settings = TelegramSettings(
        channels=("shut_gate", "open_gate"), base_url=url, poll_every=timedelta(seconds=1), pace=EVERY
    )
    return Telegram(settings, now)


def rss(url: str) -> Rss:
    return Rss(RssSettings(feeds=(f"{url}/shut", f"{url}/open"), poll_every=EVERY), now)


def reddit(url: str) -> Reddit:
    settings = RedditSettings(
        client_id="id",
        client_secret=SecretStr("secret"),
        user_agent="test:banwatch:1",
        subreddits=("shut", "harbour"),
        comments=False,
        base_url=url,
        token_url=url,
        poll_every=timedelta(seconds=1),
        lag=timedelta(),
    )
    return Reddit(settings, now)


def weibo(url: str) -> Snscrape:
    targets = ("weibo-user:4321", f"weibo-user:{USER}")
    return Snscrape(SnscrapeSettings(targets=targets, base_url=url, pace=EVERY, poll_every=timedelta(seconds=1)), now)


def weibo_user() -> Timeline:
    timeline = Timeline()
    timeline.post("TikTok")
    return timeline


def forum() -> Forum:
    made = Forum()
    made.submission("TikTok")
    return made


CASES: dict[str, tuple[Callable[[str], Source], Shut, str]] = {
    "telegram": (
        telegram,
        Shut(
            Site({name: a_channel(name, range(1, 3)) for name in ("shut_gate", "open_gate")}),
            lambda asked: "shut" in asked.path,
        ),
        "@shut_gate: ",
    ),
    "rss": (
        rss,
        Shut(
            Publisher({"/shut": a_feed(an_item("1", "x")), "/open": a_feed(an_item("2", "y"))}).answer,
            lambda asked: "shut" in asked.path,
        ),
        "/shut: The publisher refuses programs (403)",
    ),
    "reddit": (reddit, Shut(forum(), lambda asked: asked.path.startswith("/r/shut")), "r/shut: "),
    "weibo": (
        weibo,
        Shut(weibo_user(), lambda asked: asked.parameters.get("value") == "4321"),
        "weibo-user:4321: ",
    ),
}


@contextmanager
def case(name: str) -> Iterator[tuple[Source, Shut, str]]:
    make, shut, says = CASES[name]
    with served(shut) as server:
        yield make(server.url), shut, says


@pytest.mark.parametrize("name", CASES)
def test_a_part_that_is_shut_is_named_by_its_collector_while_the_others_are_read(
    name: str, address: KafkaAddress, log: LogReader, cursor_file: CursorFile
) -> None:
    with case(name) as (source, shut, says), run_source(source, address, cursor_file) as running:
        eventually(lambda: any(says in said.detail for said in log.progress()))
        eventually(log.posts)
        eventually(lambda: log.progress()[-1].until > log.progress()[-1].since)
        assert running.tally.reconnects == 0
        assert log.progress()[-1].state == "listening"
        shut.is_open = True
        eventually(lambda: log.progress()[-1].detail == "")
