"""A local t.me for the contract suite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ingest.sources.telegram.source import Telegram, TelegramSettings
from tests.contracts.sources.asked_again import Faults
from tests.support.networks.telegram_server import Site, message
from tests.support.serving import served

CHANNEL = "harbour_news"
INTERVAL = timedelta(seconds=1)


@dataclass
class TelegramNetwork(Faults):
    """One channel, and a source that looks at it often."""

    site: Site = field(default_factory=lambda: Site({CHANNEL: {}}))
    url: str = ""

    def source(self) -> Telegram:
        settings = TelegramSettings(channels=(CHANNEL,), base_url=self.url, pace=timedelta(), poll_every=INTERVAL)
        return Telegram(settings, lambda: datetime.now(UTC))

    def publish(self, texts: Sequence[str]) -> list[str]:
        numbers = [self._put(text) for text in texts]
        return [f"{CHANNEL}/{number}" for number in numbers]

    def publish_garbage(self) -> None:
        number = self._put("garbage")
        self.site.channels[CHANNEL][number] = self.site.channels[CHANNEL][number].replace("<time", "<i")

    def _put(self, text: str) -> int:
        channel = self.site.channels[CHANNEL]
        number = max(channel, default=0) + 1
        self.site.channels[CHANNEL] = channel | {number: message(CHANNEL, number, text, at=datetime.now(UTC))}
        return number


@contextmanager
def telegram_network() -> Iterator[TelegramNetwork]:
    network = TelegramNetwork()
    with served(network.around(network.site)) as server:
        network.url = server.url
        yield network
        network.thaw()
