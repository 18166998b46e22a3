"""A local Mastodon for the contract suite: its stream, with a user's token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ingest.sources.mastodon.source import Mastodon, MastodonSettings
from tests.support.networks.mastodon_server import TOKEN, Instance, mastodon


@dataclass
class MastodonNetwork:
    """One hashtag of one instance."""

    instance: Instance

    def source(self) -> Mastodon:
        settings = MastodonSettings(
            instances=(self.instance.url,),
            hashtags=("tiktok",),
            tokens=TOKEN,  # type: ignore[arg-type]
            pace=timedelta(),
            lag=timedelta(),
        )
        return Mastodon(settings, lambda: datetime.now(UTC))

    def publish(self, texts: Sequence[str]) -> list[str]:
        statuses = [self.instance.status(text) for text in texts]
        self.instance.publish(*statuses)
        return [status["uri"] for status in statuses]

    def publish_garbage(self) -> None:
        self.instance.publish(self.instance.status("") | {"uri": None})

    def cut(self) -> None:
        self.instance.cut()

    def refuse(self, seconds: int) -> None:
        self.instance.attempts.clear()
        refusals = [(429, {"Retry-After": str(seconds)})]
        self.instance.answers = lambda path: refusals.pop() if refusals else None
        self.instance.cut()

    @property
    def attempts(self) -> Sequence[float]:
        return self.instance.attempts

    def freeze(self) -> None:
        self.instance.flowing.clear()

    def thaw(self) -> None:
        self.instance.flowing.set()


@contextmanager
def mastodon_network() -> Iterator[MastodonNetwork]:
    with mastodon() as instance:
        yield MastodonNetwork(instance)
