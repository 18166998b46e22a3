"""`make bench-growth`: does a post cost more when millions are there? Inserts, recounts and page queries.

The store is filled inside the engine with rows of the demo's shape (a tenth on the subject, with text, the rest
keys), spread evenly over thirty days. What is measured are the product's own writes and reads.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from dashboard.filters import Filters, Range, Split
from dashboard.snapshot import load
from ingest.contract import Post, Progress
from processing import queries
from processing.contract import TaggedPost
from processing.store.client import Store
from processing.store.migrate import migrate
from processing.store.writer import recount, write_posts, write_progress
from tests.support.parts import Parts

DAYS = 30
END = datetime(2020, 7, 24, tzinfo=UTC)
START = END - timedelta(days=DAYS)
SIZES = (1_000_000, 10_000_000, 50_000_000)
BATCH = 10_000
BATCHES = 20
SOURCE = "synthetic-growth"
VIEWS = {
    "month by topic, all languages": Filters(range=Range.MONTH),
    "month by language": Filters(range=Range.MONTH, by=Split.LANGUAGE),
    "month of one topic in Arabic": Filters(range=Range.MONTH, topic="ban", language="ar"),
    "day by topic": Filters(range=Range.DAY),
}

FILL = """
INSERT INTO post_versions
    (source, id, created_at, seen_at, language, confidence, topics, rules, text, url, author, version)
WITH
    cityHash64({first:UInt64} + number) AS dice,
    toDateTime64({start:DateTime('UTC')}, 3, 'UTC') + toIntervalMillisecond(intDiv(dice, 7) % {span:UInt64}) AS at,
    dice % 10 = 0 AS on
SELECT
    {source:String},
    concat('f', toString({first:UInt64} + number)),
    at,
    at,
    ['en', 'en', 'en', 'es', 'ar', 'hi', 'pt', 'fr', 'ja', 'tr'][dice % 10 + 1],
    0.9,
    if(on, [['ban', 'tiktok'], ['ban', 'government-ban', 'tiktok'], ['tiktok'], ['employer-ban', 'ban', 'tiktok']]
        [intDiv(dice, 10) % 4 + 1], []),
    'bench',
    if(on, concat('TikTok is banned, says ', toString(dice), ' and so does ', toString(dice % 1000)), ''),
    if(on, concat('https://synthetic.example.com/', toString(dice)), ''),
    concat('author', toString(dice % 2000000)),
    toUnixTimestamp64Milli(at)
FROM numbers({rows:UInt64})
"""


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
    _fill(store, before, size - before)
    rate, share = _sustained(store, size)
    views = {name: _milliseconds(lambda view=view: load(reader, view)) for name, view in VIEWS.items()}
    print(f"{size:>12,} posts: {rate:,.0f} posts/s written and recounted ({share:.0%} of it writing)", flush=True)
    for name, milliseconds in views.items():
        print(f"{'':>14}{name}: {milliseconds:,.0f} ms of queries", flush=True)
    return Figures(size, rate, share, views)


def _fill(store: Store, first: int, rows: int) -> None:
    span = int((END - START).total_seconds() * 1000)
    at_once = 1_000_000
    for done in range(0, rows, at_once):
        store.command(
            FILL,
            {
                "source": SOURCE,
                "start": START,
                "span": span,
                "first": first + done,
                "rows": min(at_once, rows - done),
            },
        )
    for hours in range(0, DAYS * 24, 12):
        begin = START + timedelta(hours=hours)
        recount(store, {begin + timedelta(minutes=minute) for minute in range(720)})
    write_progress(store, [(0, Progress(source=SOURCE, since=START, until=END))])


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
