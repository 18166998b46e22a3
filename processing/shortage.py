"""Reports of a store without room: one report when the shortage begins, and one when there is room again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from processing.store.client import StoreUnavailable
from processing.store.lack import Lack

SAID = {
    Lack.DISK: "The disk of ClickHouse at {url} is full: posts wait to be counted until there is room.",
    Lack.MEMORY: "The memory limit of ClickHouse at {url} is reached: posts wait to be counted until there is room.",
}
OVER = "There is room again: posts are counted."


@dataclass
class Shortage:
    """Reports each shortage once."""

    url: str
    tell: Callable[[str], None]
    _told: Lack | None = None

    def met(self, error: StoreUnavailable) -> None:
        """Record a refusal of the store. Report it if it shows a new shortage."""
        if error.lack is not None and error.lack is not self._told:
            self._told = error.lack
            self.tell(SAID[error.lack].format(url=self.url))

    def over(self) -> None:
        """Record a successful write. Report the end of a shortage."""
        if self._told is not None:
            self._told = None
            self.tell(OVER)
