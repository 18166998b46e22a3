"""Sources: `python -m tests.benchmarks.sources` prints how fast each mapping to posts and each archive's form is.

Payloads are made up, of the size that their networks' have; one core, and the best of three rounds.
"""

from __future__ import annotations

import bz2
import csv
import io
import json
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import zstandard

from ingest.contract import Post, encode
from ingest.source import Item
from ingest.sources.archive.source import Archive
from ingest.sources.gdelt.mapping import Wanted, read_file
from ingest.sources.hackernews.mapping import hit_to_post, item_to_post
from ingest.sources.rss.catalog import Feed
from ingest.sources.rss.mapping import FirstSight, entry_to_post, read_feed
from tests.support.networks.feed_publisher import a_feed, an_item
from tests.support.networks.gdelt_files import a_file, a_row

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORDS = "TikTok could be banned in schools, the ministry said, and nobody was asked before it was decided. "
TERMS = ("tiktok", "tik tok", "bytedance", "تيك توك", "тикток", "抖音")
AMOUNT = 10_000
ROUNDS = 3
READ_BEFORE = 20
"""How many times more lines are passed over than are read."""


def main() -> None:
    """Print a line for each parser, then one for each form of archive, read twice as `ingest archive` does.

    The last line is of a run that starts again.
    """
    item = json.dumps(
        {"id": 9, "type": "comment", "by": "ada", "time": 1594396800, "parent": 8, "text": f"<p>{WORDS}</p>" * 4}
    ).encode()
    hit = json.dumps(
        {"objectID": "9", "created_at_i": 1594396800, "author": "ada", "comment_text": f"<p>{WORDS}</p>" * 4}
    ).encode()
    _print("hackernews: items", AMOUNT, lambda: _each(lambda _: item_to_post(item, "here", NOW)))
    _print("hackernews: hits", AMOUNT, lambda: _each(lambda _: hit_to_post(hit, "here", NOW)))
    feed = a_feed(*(an_item(str(n), WORDS, NOW, description=f"&lt;p&gt;{WORDS}&lt;/p&gt;") for n in range(500)))
    _print("rss: entries", 500, lambda: _feed(feed))
    rows = [a_row(NOW, n, WORDS if n % 100 == 0 else "Lunch", names="Some Name,9;" * 200) for n in range(AMOUNT)]
    graph = a_file([_padded(row) for row in rows])
    _print("gdelt: rows", AMOUNT, lambda: read_file(graph, "here", Wanted(TERMS), backfill=False))
    with tempfile.TemporaryDirectory() as folder:
        for name, path in _archives(Path(folder)):
            _print(f"archive: {name}", AMOUNT, lambda path=path: _read(path))  # type: ignore[misc]
        known = Path(folder) / "known.ndjson"
        known.write_bytes(((Path(folder) / "posts.ndjson").read_bytes() + b"\n") * READ_BEFORE)
        _print("archive: Post, read before", AMOUNT * READ_BEFORE, lambda: _pass_over(known))


def _print(name: str, amount: int, run: Callable[[], object]) -> None:
    best = min(_seconds(run) for _ in range(ROUNDS))
    print(f"{name:<36} {amount / best:>10,.0f} a second")


def _seconds(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def _each(map_one: Callable[[int], object]) -> None:
    for number in range(AMOUNT):
        assert isinstance(map_one(number), Post)


def _feed(body: bytes) -> None:
    for entry in read_feed(body, {}, Feed("https://news.example/rss")):
        assert isinstance(entry_to_post(entry, FirstSight(0, 0, "")), Post)


def _padded(row: str) -> str:
    """GCAM, the column of a thousand scores, is most of a row."""
    columns = row.split("\t")
    columns[17] = ",".join(f"c{number}.1:{number}" for number in range(600))
    return "\t".join(columns)


def _read(path: Path) -> None:
    steps = Archive(path).read({})
    assert sum(isinstance(step, Item) and isinstance(step.found, Post) for step in steps) == AMOUNT


def _pass_over(path: Path) -> None:
    """Start anew where an earlier run has read everything. The first round makes the outline, the others find it."""
    archive = Archive(path, outlines=path.parent / "outlines")
    assert archive.outline is not None
    assert not any(isinstance(step, Item) for step in archive.read({"line": archive.outline.lines}))


def _archives(folder: Path) -> Iterable[tuple[str, Path]]:
    moments = [NOW + timedelta(seconds=number) for number in range(AMOUNT)]
    made = [(((int(at.timestamp()) * 1000 - 1288834974657) << 22) + 1, at) for at in moments]
    posts = [encode(Post(source="x", id=str(n), text=WORDS, created_at=at)) for n, at in made]
    yield "Post", _write(folder / "posts.ndjson", posts)
    tweets: list[dict[str, object]] = [
        {"id": str(n), "text": WORDS, "created_at": at.isoformat(), "author_id": "5", "lang": "en"}
        | {"public_metrics": {"like_count": 1, "reply_count": 0, "retweet_count": 0}, "entities": {"hashtags": []}}
        for n, at in made
    ]
    users = [{"id": "5", "username": "ada", "description": WORDS * 2}]
    lines = [json.dumps({"data": tweet, "includes": {"users": users}}).encode() for tweet in tweets]
    yield "X API v2", _write(folder / "v2.jsonl", lines)
    user = {"id_str": "5", "screen_name": "ada", "description": WORDS * 2, "profile": "x" * 1_500}
    statuses = [
        {"id_str": str(n), "created_at": f"{at:%a %b %d %H:%M:%S +0000 %Y}", "text": WORDS, "user": user}
        for n, at in made
    ]
    yield "X API v1.1, tar of bz2", _tar(folder / "grab.tar", [json.dumps(status).encode() for status in statuses])
    comments = [
        {"id": f"{n:x}", "created_utc": int(at.timestamp()), "author": "ada", "body": WORDS, "score": 1}
        for n, at in made
    ]
    dump = folder / "RC_2026-03.zst"
    dump.write_bytes(zstandard.compress("\n".join(map(json.dumps, comments)).encode()))
    yield "Reddit dump, zstd", dump
    yield "4CAT, CSV", _table(folder / "fourcat.csv", moments)


def _write(path: Path, lines: list[bytes]) -> Path:
    path.write_bytes(b"\n".join(lines))
    return path


def _tar(path: Path, lines: list[bytes]) -> Path:
    with tarfile.open(path, "w") as archive:
        for first in range(0, len(lines), 1_000):
            body = bz2.compress(b"\n".join(lines[first : first + 1_000]))
            entry = tarfile.TarInfo(f"{first}.json.bz2")
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
    return path


def _table(path: Path, moments: list[datetime]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "thread_id", "timestamp", "author", "subject", "body"])
        writer.writerows([n, n, f"{at:%Y-%m-%d %H:%M:%S}", "ada", "", WORDS] for n, at in enumerate(moments))
    return path


if __name__ == "__main__":
    main()
