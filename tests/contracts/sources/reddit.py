"""A local Reddit for the contract suite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ingest.sources.reddit.source import Reddit, RedditSettings
from tests.contracts.sources.asked_again import Faults
from tests.support.networks.reddit_server import Forum, full_name
from tests.support.serving import served

INTERVAL = timedelta(seconds=1)


@dataclass
class RedditNetwork(Faults):
    """One listing, and a source that looks at it often."""

    forum: Forum = field(default_factory=Forum)
    url: str = ""

    def source(self) -> Reddit:
        settings = RedditSettings(
            client_id="id",
            client_secret="secret",  # type: ignore[arg-type]
            user_agent="test:banwatch:1",
            subreddits=("harbour",),
            comments=False,
            base_url=self.url,
            token_url=self.url,
            poll_every=INTERVAL,
            lag=timedelta(),
        )
        return Reddit(settings, lambda: datetime.now(UTC))

    def publish(self, texts: Sequence[str]) -> list[str]:
        return [full_name(self.forum.submission(text)) for text in texts]

    def publish_garbage(self) -> None:
        self.forum.submission("garbage", created_utc="yesterday")


@contextmanager
def reddit_network() -> Iterator[RedditNetwork]:
    network = RedditNetwork()
    with served(network.around(network.forum)) as server:
        network.url = server.url
        yield network
        network.thaw()
