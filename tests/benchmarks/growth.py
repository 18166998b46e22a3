"""`make bench-growth`: does a post cost more when millions are there? Inserts, recounts and page queries.

The store is filled by `tests.support.filled`. What is measured are the product's own writes and reads.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median

from dashboard.snapshot import load
from ingest.contract import Post
from processing import queries
from processing.contract import TaggedPost
from processing.store.client import Store
from processing.store.migrate import migrate
from processing.store.writer import recount, write_posts
from tests.benchmarks.page_load import NOW
from tests.support.filled import END, SOURCE, START, fill
from tests.support.parts import Parts

SIZES = (1_000_000, 10_000_000, 50_000_000)
BATCH = 10_000
BATCHES = 20


@dataclass(frozen=True)
class Figures:
    """At one size: posts/s through write and recount, milliseconds of each view."""

    rows: int
    posts_per_second: float
    write_share: float
    views: dict[str, float]


def main(folder: Path, sizes: Sequence[int] = SIZES) -> None:
    """Print a line a size, and how much dearer a post has become."""
    with Parts(folder) as parts:
        patient = replace(parts.store, timeout=timedelta(minutes=10))
        migrate(patient)
        with Store(patient) as store, queries.connect(patient) as reader:
            found = [_at(store, reader, size, before) for before, size in zip([0, *sizes], sizes, strict=False)]
    first, last = found[0], found[-1]
    print(
        f"a post costs {first.posts_per_second / last.posts_per_second:.2f} times as much at {last.rows:,} rows "
        f"as at {first.rows:,}"
    )


def _at(store: Store, reader: queries.Reader, size: int, before: int) -> Figures:
    fill(store, before, size - before)
    rate, share = _sustained(store, size)
    views = {name: _milliseconds(partial(load, reader, view)) for name, view in NOW.items()}
    print(f"{size:>12,} posts: {rate:,.0f} posts/s written and recounted ({share:.0%} of it writing)", flush=True)
    for name, milliseconds in views.items():
        print(f"{'':>14}{name}: {milliseconds:,.0f} ms of queries", flush=True)
    return Figures(size, rate, share, views)


def _sustained(store: Store, size: int) -> tuple[float, float]:
    """As live posts come: each batch behind the last, as dense in time as what is there."""
    apart = (END - START) / size
    write = count = 0.0
    for number in range(BATCHES):
        batch = list(_batch(size, number, apart))
        begun = time.perf_counter()
        touched = write_posts(store, batch)
        between = time.perf_counter()
        recount(store, touched)
        write += between - begun
        count += time.perf_counter() - between
    return BATCHES * BATCH / (write + count), write / (write + count)


def _batch(size: int, number: int, apart: timedelta) -> Iterator[TaggedPost]:
    # Behind everything there is at this size, and at no other size's place.
    begin = END + timedelta(days=size % 97) + number * BATCH * apart
    for line in range(BATCH):
        name = f"{size}-{number}-{line}"
        on = line % 10 == 0
        post = Post(
            source=SOURCE,
            id=name,
            text=f"TikTok is banned, says {name}",
            created_at=begin + line * apart,
            author=f"author{line * 7919 % 2_000_000}",
            url=f"https://synthetic.example.com/{name}",
        )
        yield TaggedPost(post, ("en", "ar", "es", "hi")[line % 4], 0.9, ("ban", "tiktok") if on else (), "bench")


def _milliseconds(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(5):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return 1000 * median(seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=float, nargs="+", default=[size / 1_000_000 for size in SIZES])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        main(Path(temporary), [int(1_000_000 * each) for each in asked.millions])
