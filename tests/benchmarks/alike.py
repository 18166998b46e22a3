"""`make bench-alike`: who posted alike, beside CooRTweet on its own data, and what an incident costs.

CooRTweet's data are 35,125 anonymized shares of Russian accounts (Kulichkina, Righetti and Waldherr 2024). They are not
part of the project: `data/russian_coord_tweets.rda` of github.com/nicolarighetti/CooRTweet belongs into the folder
`coordination` of `BANWATCH_TEST_DATA`, or is given as the argument. CooRTweet's result is computed by
tests/support/coortweet.py.

python -m tests.benchmarks.alike [FILE]
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from processing.contract import ClickHouseAddress, TaggedPost
from processing.queries.alike import BEYOND_CHANCE
from processing.store.client import Store
from processing.store.migrate import migrate
from processing.store.records import write_incidents
from processing.store.writer import write_posts
from tests.conftest import ROOT, a_post
from tests.support import stock
from tests.support.coortweet import Pair, Share, above_the_median, weights
from tests.support.parts import Parts
from tests.support.stored import tagged

DEFAULT = Path(os.environ.get("BANWATCH_TEST_DATA", ROOT.parent / "shared" / "data")) / "coordination"
WINDOWS = (10, 60)
"""Seconds: CooRTweet's default, and that of its vignette."""
SIZES = (10_000, 20_000)
"""Posts of an incident. More are not compared."""
BURST = datetime(2020, 7, 10, 16, tzinfo=UTC)
REPEATS = 5


def main(file: Path = DEFAULT / "russian_coord_tweets.rda") -> None:
    """Print the agreement with CooRTweet, and the cost."""
    with tempfile.TemporaryDirectory() as folder, Parts(Path(folder)) as parts:
        migrate(parts.store)
        with Store(parts.store) as store:
            _cost(store, parts.store)
            if file.exists():
                _without_bounds(store)
                _agreement(store, list(_shares(file)))
            else:
                print(f"CooRTweet's data are not at {file}")


def _shares(file: Path) -> Iterator[Share]:
    import pyreadr  # noqa: PLC0415 - only this benchmark needs it

    table: Any = pyreadr.read_r(file)["russian_coord_tweets"]
    columns = (table[name] for name in ("object_id", "account_id", "content_id", "timestamp_share"))
    for thing, account, content, at in zip(*columns, strict=True):
        yield Share(str(thing), str(account), str(content), int(at))


def _without_bounds(store: Store) -> None:
    """Let the view compare all posts of an incident: CooRTweet's data are of seven months."""
    view = (ROOT / "processing" / "store" / "migrations" / "0023_alike.sql").read_text()
    for bound, none in (("CREATE VIEW", "CREATE OR REPLACE VIEW"), ("7 DAY", "9 YEAR"), ("LIMIT 20000", "")):
        if bound not in view:
            raise LookupError(f"The view alike has no {bound!r}.")
        view = view.replace(bound, none)
    store.command(view)


def _agreement(store: Store, shares: Sequence[Share]) -> None:
    """Print precision and recall of the pairs: of all that came together again, and of those beyond chance."""
    _fill(store, _as_posts(shares))
    print(f"{len(shares):,} shares of {len({each.account for each in shares}):,} accounts")
    for seconds in WINDOWS:
        theirs = above_the_median(weights(shares, seconds))
        for name, condition in (("at least twice", "true"), ("beyond chance", f"chance < {BEYOND_CHANCE}")):
            ours = _pairs(store, seconds, condition)
            common = len(ours & theirs)
            print(
                f"within {seconds} s, {name}: {len(ours)} pairs, CooRTweet {len(theirs)}, "
                f"precision {common / max(len(ours), 1):.3f}, recall {common / max(len(theirs), 1):.3f}"
            )


def _as_posts(shares: Iterable[Share]) -> Iterator[TaggedPost]:
    """One post for each content. What it shares becomes its links."""
    contents: defaultdict[tuple[str, str, int], list[str]] = defaultdict(list)
    for each in shares:
        contents[each.account, each.content, each.at].append(f"https://example.org/{each.thing}")
    for (author, name, at), links in contents.items():
        moment = datetime.fromtimestamp(at, UTC)
        yield tagged(a_post(id=name, author=author, text="", created_at=moment, seen_at=moment, links=tuple(links)))


def _fill(store: Store, posts: Iterable[TaggedPost]) -> None:
    """Put these posts in place of all others, as those of one incident."""
    store.command("TRUNCATE TABLE post_versions")
    batch = list(posts)
    for first in range(0, len(batch), 5_000):
        write_posts(store, batch[first : first + 5_000])
    moments = [each.post.created_at for each in batch]
    start, end = min(moments).replace(microsecond=0), max(moments) + timedelta(seconds=1)
    write_incidents(store, [replace(stock.incident(), id="bench", topic="ban", start=start, end=end)])


def _pairs(store: Store, seconds: int, condition: str = "true") -> set[Pair]:
    rows = store.query(
        f"SELECT author_a, author_b FROM alike(incident = 'bench', seconds = {{seconds:UInt16}}) WHERE {condition}",
        {"seconds": seconds},
    )
    return {(min(a, b), max(a, b)) for a, b in rows}


def _cost(store: Store, address: ClickHouseAddress) -> None:
    """Print the time of a query, and how many pairs it takes for more than chance where nothing is but chance."""
    shapes = (("hundreds of links", 300), ("three links that everybody shares", 3))
    for posts, (name, links) in product(SIZES, shapes):
        _fill(store, _by_chance(posts, links))
        taken = []
        for _ in range(REPEATS):
            begun = time.perf_counter()
            found = _pairs(store, 10, f"chance < {BEYOND_CHANCE}")
            taken.append(time.perf_counter() - begun)
        span = f"{min(taken):.1f} to {max(taken):.1f} s"
        print(f"{posts:,} posts in two hours, {name}: {span}, {len(found)} pairs by mistake")
    print(f"asked at {address.url}, with {os.cpu_count()} cores")


def _by_chance(posts: int, links: int) -> Iterator[TaggedPost]:
    """Posts that have nothing to do with each other but what they talk of."""
    dice = random.Random(links)
    for number in range(posts):
        at = BURST + timedelta(seconds=dice.random() * 7_200)
        post = a_post(
            id=str(number),
            author=f"a{dice.randrange(posts // 3)}",
            text=f"what people say of all this again and again {'abcdefghij'[dice.randrange(10)] * dice.randrange(9)}",
            created_at=at,
            seen_at=at,
            links=(f"https://example.org/{dice.randrange(links)}",),
            hashtags=("ban", "app", f"n{dice.randrange(50)}"),
        )
        yield tagged(post)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
