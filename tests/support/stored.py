"""What the tests of the store share: tagged posts, and counts as Python makes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from ingest.contract import Post
from processing.contract import TaggedPost
from processing.store.client import Store
from processing.store.writer import minute_of, recount, write_posts
from tests.conftest import NOON, a_post

MINUTE = timedelta(minutes=1)
Bucket = tuple[datetime, str, str, str]


def tagged(post: Post, *, language: str = "en", topics: tuple[str, ...] = ("ban",)) -> TaggedPost:
    return TaggedPost(post, language, 0.9, topics, "rules-1")


def some_posts() -> list[TaggedPost]:
    return [
        tagged(
            a_post(id=str(n), author=f"author-{n % 7}" if n % 5 else None, created_at=NOON + (n % 4) * MINUTE),
            language=("en", "ar")[n % 2],
            topics=(("ban", "employer-ban"), ("ban",), ())[n % 3],
        )
        for n in range(60)
    ]


def write(store: Store, posts: Iterable[TaggedPost]) -> None:
    recount(store, write_posts(store, list(posts)))


def counted(store: Store) -> dict[Bucket, tuple[int, int]]:
    rows = store.query("SELECT minute, topic, language, source, posts, authors FROM counts")
    return {tuple(row[:4]): (row[4], row[5]) for row in rows}  # type: ignore[misc]


def recounted(posts: Iterable[TaggedPost]) -> dict[Bucket, tuple[int, int]]:
    """The same in Python, from the posts themselves."""
    seen: Counter[Bucket] = Counter()
    authors: dict[Bucket, set[str]] = {}
    for each in {each.post.id: each for each in posts}.values():
        for topic in (*each.topics, "*"):
            key = (minute_of(each.post.created_at), topic, each.language, each.post.source)
            seen[key] += 1
            authors.setdefault(key, set()).add(each.post.author or f"\0{each.post.id}")
    return {key: (count, len(authors[key])) for key, count in seen.items()}
