"""Bluesky for the contract suite, over each of Jetstream's wires."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from ingest.sources.bluesky.frames import Wire
from ingest.sources.bluesky.source import Bluesky, BlueskySettings
from tests.support.jetstream import Jetstream


@dataclass
class BlueskyNetwork:
    """One Jetstream server, and what its source is set to."""

    server: Jetstream
    settings: BlueskySettings

    def source(self) -> Bluesky:
        return Bluesky(self.settings, lambda: datetime.now(UTC))

    def publish(self, texts: Sequence[str]) -> list[str]:
        return [self.server.post(text) for text in texts]

    def publish_garbage(self) -> None:
        self.server.raw(b'{"did": 7')

    def cut(self) -> None:
        self.server.cut()

    def refuse(self, seconds: int) -> None:
        self.server.refuse(HTTPStatus.TOO_MANY_REQUESTS, Retry_After=str(seconds))

    @property
    def attempts(self) -> Sequence[float]:
        return self.server.attempts

    def freeze(self) -> None:
        self.server.freeze()

    def thaw(self) -> None:
        self.server.thaw()


def bluesky_network(wire: Wire) -> Callable[[], AbstractContextManager[BlueskyNetwork]]:
    @contextmanager
    def network() -> Iterator[BlueskyNetwork]:
        server = Jetstream()
        with server.served() as base_url:
            settings = BlueskySettings(
                wire=wire, base_urls=(base_url,), idle=timedelta(seconds=2), lookback=timedelta(minutes=5)
            )
            yield BlueskyNetwork(server, settings)

    return network
