"""A store with millions of posts, filled inside the engine, and something that surges in it.

The rows have the demo's shape (a tenth on the subject, with text, the rest keys), spread evenly over thirty days.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from ingest.contract import Progress
from processing.contract import ClaimRun
from processing.store.claims import write_claims
from processing.store.client import Store
from processing.store.records import write_incidents, write_scored_until, write_spikes
from processing.store.rollup import VISIBLE_WITHIN, roll_up
from processing.store.versions import take_version
from processing.store.writer import recount, write_progress
from tests.support import stock

DAYS = 30
END = datetime(2020, 7, 24, tzinfo=UTC)
START = END - timedelta(days=DAYS)
SOURCE = "synthetic-growth"
AT_ONCE = 1_000_000
OF_THE_SURGE = 5_000_000_000
"""The number of the first post of the surges, behind those of every size."""
LATE = END - timedelta(hours=3)
"""The begin of the surge that goes on."""

FILL = """
INSERT INTO post_versions
    (source, id, created_at, seen_at, language, confidence, topics, rules, text, url, author, version)
WITH
    cityHash64({first:UInt64} + number) AS dice,
    toDateTime64({start:DateTime('UTC')}, 3, 'UTC') + toIntervalMillisecond(intDiv(dice, 7) % {span:UInt64}) AS at,
    dice % {one_in:UInt8} = 0 AS on
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
CLAIMS = """
INSERT INTO claim_post_versions (incident, source, id, minute, claim, distance, method, version)
SELECT {incident:String}, source, id, toStartOfMinute(created_at), toString(cityHash64(id) % 6), 0, 'bench', 1
FROM posts
WHERE created_at >= {start:DateTime('UTC')} AND created_at < {end:DateTime('UTC')} AND has(topics, 'ban')
ORDER BY cityHash64(id)
LIMIT {posts:UInt64}
"""
COMPARED = 10_000
"""The posts of each surge that make claims: as many as a search compares."""


def fill(store: Store, first: int, rows: int) -> None:
    """Add posts with the numbers from `first` on, and count them."""
    for done in range(0, rows, AT_ONCE):
        _insert(store, first + done, min(AT_ONCE, rows - done), START, END)
    _count(store, START, END)
    write_progress(store, [(0, Progress(source=SOURCE, since=START, until=END))])


def surge(store: Store, size: int) -> None:
    """Add two surges to a store with `size` posts: the stock's, which is over, and one that goes on.

    Each lasts hours in which ten times the usual posts on the subject come, in all languages, and make six claims.
    """
    for number, (start, end) in enumerate(((stock.SURGE, stock.SURGE_END), (LATE, END))):
        rows = int(size * ((end - start) / (END - START)))
        _insert(store, OF_THE_SURGE + number * AT_ONCE, rows, start, end, one_in=1)
        _count(store, start, end)
    over, moved = stock.incident(), LATE - stock.SURGE
    peak, lasting = over.peak + moved, stock.incident(going_on=True)
    late = replace(
        lasting,
        id=f"ban:{LATE:%Y-%m-%dT%H:%M}",
        start=LATE,
        detected_at=lasting.detected_at + moved,
        peak=peak,
        lead_start=LATE,
        pulses=tuple(replace(each, start=LATE, peak=peak) for each in lasting.pulses[:1]),
    )
    write_incidents(store, [over, late])
    for each, end in ((over, stock.SURGE_END), (late, END)):
        of = {"incident": each.id, "start": each.start, "end": end, "posts": COMPARED}
        store.command(CLAIMS, of)
        run = ClaimRun(
            incident=each.id,
            method="bench",
            until=end,
            posts=size,
            compared=COMPARED,
            waiting=0,
            last=each.end is not None,
        )
        write_claims(store, run, [], take_version(store))
    write_spikes(store, [stock.spike()])
    write_scored_until(store, END)


def settle(store: Store) -> None:
    """Sum up the hours and days, and let the sums be trusted as they are some minutes later."""
    roll_up(store)
    mark = take_version(store) + VISIBLE_WITHIN // timedelta(microseconds=1)
    store.insert("roll_up_versions", ["of", "mark"], [["all"], [mark]])


def _insert(store: Store, first: int, rows: int, start: datetime, end: datetime, *, one_in: int = 10) -> None:
    store.command(
        FILL,
        {
            "source": SOURCE,
            "start": start,
            "span": int((end - start).total_seconds() * 1000),
            "first": first,
            "rows": rows,
            "one_in": one_in,
        },
    )


def _count(store: Store, start: datetime, end: datetime) -> None:
    half_day = timedelta(hours=12)
    begin = start.replace(second=0, microsecond=0)
    while begin < end:
        minutes = int(min(half_day, end - begin) / timedelta(minutes=1))
        recount(store, {begin + timedelta(minutes=minute) for minute in range(minutes)})
        begin += half_day
