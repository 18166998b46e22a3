"""A feed for the contract suite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ingest.source import Source
from ingest.sources.rss.source import Rss, RssSettings
from tests.contracts.sources.asked import Faults, faulty
from tests.support.networks.feed_publisher import Publisher, a_feed, an_item


@dataclass
class RssNetwork(Faults):
    """One feed, to which items are added."""

    url: str = ""
    publisher: Publisher = field(default_factory=lambda: Publisher({"/feed": a_feed()}))
    items: list[str] = field(default_factory=list)

    def source(self) -> Source:
        settings = RssSettings(feeds=(f"{self.url}/feed",), poll_every=timedelta(seconds=0.1))
        return Rss(settings, lambda: datetime.now(UTC))

    def publish(self, texts: Sequence[str]) -> list[str]:
        names = [str(len(self.items) + number) for number in range(len(texts))]
        self.items += [an_item(name, text, datetime.now(UTC)) for name, text in zip(names, texts, strict=True)]
        self.publisher.feeds["/feed"] = a_feed(*self.items)
        return [f"https://news.example/{name}" for name in names]

    def publish_garbage(self) -> None:
        self.items.append("<item><guid>https://news.example/garbage</guid><pubDate>soon</pubDate></item>")
        self.publisher.feeds["/feed"] = a_feed(*self.items)


@contextmanager
def rss_network() -> Iterator[RssNetwork]:
    network = RssNetwork()
    with faulty(network, network.publisher.answer) as network.url:
        yield network
