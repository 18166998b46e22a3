"""`python -m tests.benchmarks.archives`: what the slow scale tells of two archives of real posts, by its floor.

The archives are not part of the project: see `BANWATCH_TEST_DATA` in CONTRIBUTING.md. January 2025 was looked at while
the slow scale was shaped; summer 2020 was not.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np

from ingest.contract import decode_post
from processing.contract import EVERYTHING, TaggedPost
from processing.detection.bins import start_of_bin
from processing.detection.policy import DetectorPolicy
from processing.detection.series import Block, Key, SeriesSet
from processing.detection.timeline import Floats
from tests.benchmarks.spike_sources import SERIES, WEEKS, streams
from tests.benchmarks.spikes import told_of_many
from tests.conftest import ROOT
from tests.support.parts import shipped_enricher
from tests.support.spike_series import WIDTH

TOPIC = "ban"
FLOORS = (1, 2, 3, 4, 5)
DAY = timedelta(days=1)
HOUR = 12
"""Bins."""

Event = tuple[str, datetime, datetime]


def _event(name: str, first: str, last: str) -> Event:
    """From the first day to the end of the last."""
    begin, end = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (first, last))
    return name, begin, end + DAY


EVENTS = {
    "january-2025": (
        _event("the hearing of 10 January", "2025-01-09", "2025-01-11"),
        _event("the first refugees, the plan to shut down", "2025-01-12", "2025-01-16"),
        _event("the ruling of 17 January", "2025-01-17", "2025-01-17"),
        _event("dark on the night of 18 January, back on 19", "2025-01-18", "2025-01-20"),
    ),
    "summer-2020": (
        _event("India's ban of 29 June", "2020-06-29", "2020-06-30"),
        _event("Amazon's e-mail of 10 July", "2020-07-10", "2020-07-11"),
        _event("Microsoft's talks, the threat of 31 July", "2020-07-31", "2020-08-02"),
        _event("the orders of 6 August", "2020-08-06", "2020-08-07"),
        _event("Oracle's bid of 13 September", "2020-09-13", "2020-09-14"),
        _event("the judge of 27 September", "2020-09-27", "2020-09-28"),
    ),
}


@dataclass(frozen=True)
class Archive:
    """Tagged posts in bins: those on the topic, and all."""

    start: datetime
    posts: Sequence[TaggedPost]
    counts: Floats
    total: Floats

    def told(self, policy: DetectorPolicy) -> list[datetime]:
        """When people are told of each spike: as soon as it is by enough of them, each counted once."""
        series, told = SeriesSet(policy, [Key(TOPIC, EVERYTHING)]), dict[datetime, datetime]()
        for first in range(0, len(self.counts), HOUR):
            hour = slice(first, first + HOUR)
            for each in series.step(Block(self.start + first * WIDTH, self.counts[None, hour], None, self.total[hour])):
                if self._people(each.episode.start, each.at) >= policy.slow.people:
                    told.setdefault(each.episode.start, each.at)
        return list(told.values())

    def _people(self, start: datetime, end: datetime) -> int:
        return len({each.post.author or each.post.id for each in self.posts if start <= each.post.created_at < end})


def read(path: Path) -> Archive:
    """Tag an archive by the shipped rules."""
    with gzip.open(path) as file:
        tagged = shipped_enricher().tag_many([decode_post(line) for line in file])
    start = min(each.post.created_at for each in tagged)
    start = start.replace(hour=0, minute=0, second=0, microsecond=0)
    total = _binned(start, tagged, tagged)
    topic = [each for each in tagged if TOPIC in each.topics]
    return Archive(start, topic, _binned(start, topic, tagged), total)


def _binned(start: datetime, posts: Sequence[TaggedPost], of: Sequence[TaggedPost]) -> Floats:
    bins = [(start_of_bin(each.post.created_at, WIDTH) - start) // WIDTH for each in posts]
    last = max(each.post.created_at for each in of)
    return np.bincount(bins, minlength=(last - start) // WIDTH + 1).astype(float)


def with_floor(policy: DetectorPolicy, floor: int) -> DetectorPolicy:
    """The same with another least number of posts and people on the slow scale."""
    excess = max(0.5, floor - 1.0)
    slow = msgspec.structs.replace(policy.slow, minimum_posts=floor, people=floor, minimum_excess=excess)
    return msgspec.structs.replace(policy, slow=slow)


def main() -> None:
    """Print, by floor, which events are told, what else is, and how often streams without any event alert."""
    policy = DetectorPolicy.for_bins(WIDTH)
    folder = Path(os.environ.get("BANWATCH_TEST_DATA", ROOT.parent / "shared" / "data")) / "archives"
    if not folder.is_dir():
        print(f"no archives at {folder}: BANWATCH_TEST_DATA names another folder")
        return
    archives = {name: read(folder / f"{name}.ndjson.gz") for name in EVENTS}
    quiet = dict(streams())
    print("floor of posts and people: events told and other alerts; false alerts a series-week on streams without any")
    for floor in FLOORS:
        floored = with_floor(policy, floor)
        cells = [_found(name, archive.told(floored)) for name, archive in archives.items()]
        false = (sum(map(len, told_of_many(floored, each, np.full(each.shape[1], 50.0)))) for each in quiet.values())
        rates = ", ".join(f"{alerts / SERIES / WEEKS:.3f}" for alerts in false)
        print(f"  {floor}: {'; '.join(cells)}; {rates} at {', '.join(f'{each:g}' for each in quiet)} a day")
    for name, archive in archives.items():
        print(f"{name}, as shipped, {len(archive.posts)} posts on the subject:")
        told = archive.told(policy)
        for event, begin, end in EVENTS[name]:
            at = ", ".join(f"{each:%-d %b %H:%M}" for each in told if begin <= each < end)
            posts = sum(begin <= each.post.created_at < end for each in archive.posts)
            print(f"  {event}: {posts} posts, {f'told {at}' if at else 'not told'}")


def _found(name: str, told: Sequence[datetime]) -> str:
    inside = [sum(begin <= at < end for at in told) for _, begin, end in EVENTS[name]]
    found, others = sum(map(bool, inside)), len(told) - sum(inside)
    return f"{name} {found} of {len(inside)} in {sum(inside)} alerts and {others} others"


if __name__ == "__main__":
    main()
