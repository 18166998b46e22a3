"""Hacker News for the contract suite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ingest.source import Source
from ingest.sources.hackernews.source import HackerNews, HackerNewsSettings
from tests.contracts.sources.asked import Faults, faulty
from tests.support.networks.hackernews_site import Site


@dataclass
class HackerNewsNetwork(Faults):
    """Items that are commented as they are published."""

    url: str = ""
    site: Site = field(default_factory=Site)

    def source(self) -> Source:
        settings = HackerNewsSettings(
            base_url=f"{self.url}/v0/",
            search_url=f"{self.url}/api/v1/",
            poll_every=timedelta(seconds=0.1),
            requests_per_second=20,
        )
        return HackerNews(settings, lambda: datetime.now(UTC))

    def publish(self, texts: Sequence[str]) -> list[str]:
        first = max(self.site.items, default=0) + 1
        for number, text in enumerate(texts, start=first):
            self.site.add(number, datetime.now(UTC), text=text)
        return [str(number) for number in range(first, first + len(texts))]

    def publish_garbage(self) -> None:
        self.site.add(max(self.site.items, default=0) + 1, datetime.now(UTC), text=["no", "text"])


@contextmanager
def hackernews_network() -> Iterator[HackerNewsNetwork]:
    network = HackerNewsNetwork(spared="updates.json")
    with faulty(network, network.site.answer) as network.url:
        yield network
