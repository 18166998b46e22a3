"""GDELT's files for the contract suite: each publication is a file of its own, a quarter of an hour after the last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ingest.source import Source
from ingest.sources.gdelt.source import Gdelt, GdeltSettings
from tests.contracts.sources.asked import Faults, faulty
from tests.support.networks.gdelt_files import Files, a_row


def _quarter(moment: datetime) -> datetime:
    return moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)


@dataclass
class GdeltNetwork(Faults):
    """The English series."""

    url: str = ""
    next: datetime = field(default_factory=lambda: _quarter(datetime.now(UTC)) - timedelta(hours=6))
    files: Files = field(default_factory=Files)

    def __post_init__(self) -> None:
        super().__post_init__()
        self._put([])
        self._put([])

    def source(self) -> Source:
        settings = GdeltSettings(
            base_url=f"{self.url}/gdeltv2/",
            translated=False,
            terms=("tiktok",),
            first_files=2,
            silent_after=timedelta(days=1),
            poll_every=timedelta(seconds=0.1),
        )
        return Gdelt(settings, lambda: datetime.now(UTC))

    def publish(self, texts: Sequence[str]) -> list[str]:
        file = self.next
        self._put([a_row(file, number, text) for number, text in enumerate(texts)])
        return [f"{file:%Y%m%d%H%M%S}-{number}" for number in range(len(texts))]

    def publish_garbage(self) -> None:
        self._put(["a row\tof two columns"])

    def _put(self, rows: Sequence[str]) -> None:
        self.files.add(self.next, rows)
        self.next += timedelta(minutes=15)


@contextmanager
def gdelt_network() -> Iterator[GdeltNetwork]:
    network = GdeltNetwork()
    with faulty(network, network.files.answer) as network.url:
        yield network
