"""`make bench-store`: bytes a post and a count take on disk, by column, over demo-like posts; a page over a year.

The demo's posts are tagged as they would be and multiplied inside the engine: with ids and authors of their own, and
moved by hours, so that no copy lies near its original and a block compresses as if all were different.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from deploy.demo.generate import generate
from processing.queries.rollups import counted
from processing.store.client import Store
from processing.store.migrate import migrate
from processing.store.rollup import VISIBLE_WITHIN, roll_up
from processing.store.statements import portions
from processing.store.versions import take_version
from processing.store.writer import insert_posts, recount
from tests.support.parts import Parts, shipped_enricher

SEED = 40_000
POSTS = 2_000_000

MULTIPLY = """
INSERT INTO post_versions
WITH
    hex(sipHash64(seed.id, {copy:UInt32})) AS copy_id,
    if(seed.author = '', '', concat('user_', hex(sipHash64(seed.author, {copy:UInt32} % 5)))) AS copy_author,
    toIntervalSecond({copy:UInt32} * 7919 % 1700000) + toIntervalMillisecond(cityHash64(copy_id) % 60000) AS later
SELECT * REPLACE (
    copy_id AS id,
    copy_author AS author,
    if(seed.url = '', '', concat('https://microblog.example.com/', copy_author, '/', copy_id)) AS url,
    seed.created_at + later AS created_at,
    seed.created_at + later + toIntervalMillisecond(cityHash64(copy_id) % 5000) AS seen_at,
    toUInt64(toUnixTimestamp64Milli(seed.created_at + later)) + cityHash64(copy_id) % 5000 AS version,
    toDateTime(seed.created_at + later) + 3 AS stored_at
)
FROM seed
"""

SIZES = """
SELECT column, sum(column_data_compressed_bytes) AS bytes
FROM system.parts_columns
WHERE database = currentDatabase() AND table = {table:String} AND active
GROUP BY column
ORDER BY bytes DESC
"""


YEAR_START = datetime(2020, 1, 1, tzinfo=UTC)
YEAR = """
INSERT INTO count_versions
SELECT
    toDateTime('2020-01-01 00:00:00', 'UTC') + 60 * intDiv(number, 15),
    ['*', 'ban', 'tiktok'][1 + number % 3],
    ['en', 'ar', 'es', 'pt', 'tr'][1 + intDiv(number, 3) % 5],
    'synthetic',
    1 + number % 17, 1 + number % 13, 0, 0, toUnixTimestamp64Micro(now64(6))
FROM numbers(15 * 60 * 24 * 365)
SETTINGS max_partitions_per_insert_block = 0
"""
"""A bucket of three topics in five languages in every minute."""


def main(folder: Path, posts: int = POSTS) -> None:
    """Print the figures."""
    with Parts(folder) as parts:
        migrate(parts.store)
        with Store(parts.store) as store:
            fill(store, posts)
            for name, condition in (("on the subject", "notEmpty(topics)"), ("off the subject", "empty(topics)")):
                show(store, f"a post {name}", copy_of(store, "post_versions", condition))
            seconds, minutes = time_recount(store)
            print(f"recount of {minutes:,} minutes: {1000 * seconds / minutes:.1f} ms each")
            show(store, "a row of counts", copy_of(store, "count_versions", "true"))
            show_year(store)
            # What else the store is measured by over many posts belongs here: sustained insert and recount, page
            # queries, cost of a post as the table grows. `fill` takes any number of posts.


def fill(store: Store, posts: int) -> None:
    """Write so many demo-like posts."""
    enricher = shipped_enricher()
    for batch in portions(islice(generate(), SEED), 10_000):
        insert_posts(store, enricher.tag_many(batch))
    store.command("CREATE TABLE seed AS post_versions ENGINE = MergeTree ORDER BY id")
    store.command("INSERT INTO seed SELECT * FROM post_versions")
    [(seeds,)] = store.query("SELECT count() FROM seed")
    for copy in range(1, posts // seeds):
        store.command(MULTIPLY, {"copy": copy})


def copy_of(store: Store, table: str, condition: str) -> str:
    """A merged copy of a part of a table, with its codecs."""
    name = "measured"
    store.command(f"DROP TABLE IF EXISTS {name} SYNC")
    store.command(f"CREATE TABLE {name} AS {table}")
    # A small part keeps its columns in one file, which has no sizes by column.
    store.command(f"ALTER TABLE {name} MODIFY SETTING min_bytes_for_wide_part = 0, min_rows_for_wide_part = 0")
    store.command(f"INSERT INTO {name} SELECT * FROM {table} FINAL WHERE {condition}")
    store.command(f"OPTIMIZE TABLE {name} FINAL")
    return name


def show(store: Store, what: str, table: str) -> None:
    """Bytes a row, whole and by column."""
    [(rows, whole)] = store.query(
        "SELECT sum(rows), sum(bytes_on_disk) FROM system.parts"
        " WHERE database = currentDatabase() AND table = {table:String} AND active",
        {"table": table},
    )
    by_column = [(column, size / rows) for column, size in store.query(SIZES, {"table": table})]
    print(f"{what}: {whole / rows:.1f} bytes, over {rows:,}")
    print("  " + ", ".join(f"{column} {size:.2f}" for column, size in by_column if size >= 0.05))


def time_recount(store: Store) -> tuple[float, int]:
    """Seconds for a day of minutes."""
    day = store.query("SELECT toStartOfDay(max(created_at)) - toIntervalDay(3) FROM post_versions")[0][0]
    minutes = {day + timedelta(minutes=n) for n in range(1_440)}
    recount(store, minutes)
    begun = time.perf_counter()
    recount(store, minutes)
    return time.perf_counter() - begun, len(minutes)


def show_year(store: Store) -> None:
    """A page's question over a year by days: from the minutes, and from what is summed up."""
    store.command("TRUNCATE TABLE count_versions")
    store.command(YEAR)
    width = timedelta(days=1)
    summed, bounds = counted(YEAR_START, YEAR_START + 365 * width, width)
    minutes = summed.replace("count_days", "counts").replace("day", "minute")
    before = read(store, minutes, bounds)
    roll_up(store)
    # As it is five minutes later, when the sums are trusted.
    mark = take_version(store) + VISIBLE_WITHIN // timedelta(microseconds=1)
    store.insert("roll_up_versions", ["of", "mark"], [["all"], [mark]])
    after = read(store, summed, bounds)
    print(f"a topic's page over a year by days: {before[1]:,} rows read from the minutes, {after[1]:,} from the sums")
    print(f"  {before[0] / after[0]:.0f} times as fast")


def read(store: Store, counts: str, bounds: dict[str, object]) -> tuple[float, int]:
    """Seconds, the best of three, and rows read."""
    question = f"SELECT minute, language, sum(posts) FROM {counts} WHERE topic = 'ban' GROUP BY ALL"
    taken = []
    for _ in range(3):
        begun = time.perf_counter()
        with store.stream(question, bounds, format="JSON") as answer:
            content = b"".join(answer.pieces)
        taken.append(time.perf_counter() - begun)
    return min(taken), json.loads(content)["statistics"]["rows_read"]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as own:
        main(Path(own), *(int(given) for given in sys.argv[1:]))
