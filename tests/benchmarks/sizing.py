"""`make bench-sizing`: bytes that a post of Bluesky's shape takes in Kafka and in the store.

Ids, addresses and accounts have Bluesky's lengths and letters, which compress worse than the demo's. A tenth of the
accounts writes most of the posts. Texts are real ones where BANWATCH_TEST_DATA has them, else the demo's.
"""

from __future__ import annotations

import gzip
import os
import random
import tempfile
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path

import lz4.frame
import msgspec

from deploy.demo.generate import generate
from ingest.contract import Post
from processing.contract import TaggedPost
from processing.store.client import Store
from processing.store.migrate import migrate
from processing.store.statements import portions
from processing.store.writer import insert_posts
from tests.benchmarks.store import copy_of, show
from tests.conftest import NOON
from tests.support.parts import Parts

POSTS = 400_000
A_SECOND = 30
BATCH_BYTES = 256 * 1024
"""Of the producer, uncompressed."""
LETTERS = "234567abcdefghijklmnopqrstuvwxyz"


def main(folder: Path, posts: int = POSTS) -> None:
    """Print the figures."""
    made = list(islice(shaped(), posts))
    records = [msgspec.json.encode(post) for post in made]
    packed = sum(len(lz4.frame.compress(batch)) for batch in batches(records))
    print(f"a post as JSON: {sum(map(len, records)) / posts:.0f} bytes; in Kafka, by LZ4: {packed / posts:.0f}")
    with Parts(folder) as parts:
        migrate(parts.store)
        with Store(parts.store) as store:
            for batch in portions(made, 10_000):
                insert_posts(store, [TaggedPost(post, "en", 0.9, topics_of(post), "a") for post in batch])
            for name, condition in (("on the subject", "notEmpty(topics)"), ("off the subject", "empty(topics)")):
                show(store, f"a post {name}", copy_of(store, "post_versions", condition))


def topics_of(post: Post) -> tuple[str, ...]:
    """Every second post is on the subject, so that both kinds are many."""
    return ("ban", "tiktok") if post.created_at.microsecond // 1000 % 2 else ()


def shaped() -> Iterator[Post]:
    """Posts with the ids of Bluesky, at its pace."""
    dice = random.Random(1)
    accounts = [f"did:plc:{''.join(dice.choices(LETTERS, k=24))}" for _ in range(200_000)]
    for number, text in enumerate(cycle(texts())):
        account = accounts[int(len(accounts) * dice.random() ** 4)]
        at = NOON + timedelta(milliseconds=int(1000 * number / A_SECOND) + dice.randrange(1000))
        key = "3" + "".join(dice.choices(LETTERS, k=12))
        yield Post(
            source="bluesky",
            id=f"at://{account}/app.bsky.feed.post/{key}",
            text=text,
            created_at=at,
            seen_at=at + timedelta(milliseconds=dice.randrange(300, 5000)),
            url=f"https://bsky.app/profile/{account}/post/{key}",
            author=account,
            langs=("en",),
        )


def texts() -> Sequence[str]:
    """Real texts of people, or the demo's."""
    real = Path(os.environ.get("BANWATCH_TEST_DATA", "")) / "language" / "posts.ndjson.gz"
    if real.is_file():
        with gzip.open(real, "rt", encoding="utf-8") as lines:
            return [msgspec.json.decode(line)["text"] for line in lines]
    return [post.text for post in islice(generate(), 20_000)]


def batches(records: Sequence[bytes]) -> Iterator[bytes]:
    gathered: list[bytes] = []
    size = 0
    for record in records:
        gathered.append(record)
        size += len(record)
        if size >= BATCH_BYTES:
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join(gathered)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(Path(folder))
