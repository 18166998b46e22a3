"""What a source brings to be tested: a local server that speaks its network's protocol and can be made to misbehave."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ingest.source import Source


class Network(Protocol):
    """One network on this machine. Every method may be called while a source reads from it, from another thread."""

    def source(self) -> Source:
        """A new source that is pointed at this server, with short waits: as another process would make it."""
        ...

    def publish(self, texts: Sequence[str]) -> list[str]:
        """Make new posts with these texts; their ids as the source will name them."""
        ...

    def publish_garbage(self) -> None:
        """Put something among the posts that is none, as a broken or newer server might."""
        ...

    def cut(self) -> None:
        """Break off what is connected, without a goodbye; where nothing is, fail the next request so."""
        ...

    def refuse(self, seconds: int) -> None:
        """Break off what is connected, and answer the next attempt with 429 and `Retry-After: seconds`."""
        ...

    @property
    def attempts(self) -> Sequence[float]:
        """When connections or requests arrived since `refuse`, the refused one first; monotonic clock."""
        ...

    def freeze(self) -> None:
        """Keep connections open and answer nothing, until `thaw`."""
        ...

    def thaw(self) -> None:
        """Go on."""
        ...
