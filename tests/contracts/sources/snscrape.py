"""A local m.weibo.cn for the contract suite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ingest.sources.weibo.source import Snscrape, SnscrapeSettings
from tests.contracts.sources.asked_again import Faults
from tests.support.networks.weibo_server import USER, Timeline
from tests.support.serving import served


@dataclass
class SnscrapeNetwork(Faults):
    """One user, and a source that looks often."""

    timeline: Timeline = field(default_factory=Timeline)
    url: str = ""

    def source(self) -> Snscrape:
        settings = SnscrapeSettings(
            targets=(f"weibo-user:{USER}",), base_url=self.url, pace=timedelta(), poll_every=timedelta(seconds=1)
        )
        return Snscrape(settings, lambda: datetime.now(UTC))

    def publish(self, texts: Sequence[str]) -> list[str]:
        return [self.timeline.post(text)["id"] for text in texts]

    def publish_garbage(self) -> None:
        self.timeline.post("garbage", id="x1")


@contextmanager
def snscrape_network() -> Iterator[SnscrapeNetwork]:
    network = SnscrapeNetwork()
    with served(network.around(network.timeline)) as server:
        network.url = server.url
        yield network
        network.thaw()
