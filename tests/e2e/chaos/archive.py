"""An archive with everything that makes counting hard, made of the demo's synthetic posts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import msgspec

from deploy.demo.generate import generate
from ingest.contract import Post, encode

BEGIN, END = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
EDITED_AFTER = timedelta(minutes=20)
LATE_BY = 2_000
"""Lines by which a late post falls behind at most."""


@dataclass(frozen=True)
class Mix:
    """Which share of the posts is delivered twice, comes late, is edited or deleted; of the authors, who leaves."""

    duplicates: float = 0.05
    late: float = 0.05
    edits: float = 0.03
    deletes: float = 0.02
    deletes_first: float = 0.25
    """Of the deletes, those that come before their post."""
    leaving: float = 0.005


def messages(
    scale: float, seed: int, mix: Mix = Mix(), *, since: datetime = BEGIN, until: datetime = END
) -> list[Post]:
    """Posts, edits and deletes of the demo's time, or a part of it, in the order in which they are delivered."""
    chance = Random(seed)
    once = [post for post in generate(seed=seed, scale=scale) if since <= post.created_at < until]
    placed = [(line + _delay(chance, mix), post) for line, post in enumerate(once)]
    placed += list(_more(once, chance, mix))
    placed += list(_leaving(once, chance, mix))
    return [post for _, post in sorted(placed, key=lambda each: each[0])]


def write(path: Path, posts: Iterable[Post]) -> Path:
    """As Post NDJSON."""
    path.write_bytes(b"".join(encode(post) + b"\n" for post in posts))
    return path


def _delay(chance: Random, mix: Mix) -> float:
    return chance.random() * LATE_BY if chance.random() < mix.late else 0.0


def _more(once: Sequence[Post], chance: Random, mix: Mix) -> Iterator[tuple[float, Post]]:
    for line, post in enumerate(once):
        later = line + chance.random() * (len(once) - line)
        if chance.random() < mix.duplicates:
            yield later, post
        if chance.random() < mix.edits:
            yield later, _edited(post, chance.choice(once).text)
        if chance.random() < mix.deletes:
            first = chance.random() < mix.deletes_first
            yield (line - LATE_BY if first else later), _deletion(post)


def _edited(post: Post, text: str) -> Post:
    return msgspec.structs.replace(post, text=text, seen_at=post.created_at + EDITED_AFTER)


def _deletion(post: Post) -> Post:
    return Post(source=post.source, id=post.id, text="", created_at=post.created_at + EDITED_AFTER, op="delete")


def _leaving(once: Sequence[Post], chance: Random, mix: Mix) -> Iterator[tuple[float, Post]]:
    authors = sorted({(post.source, post.author) for post in once if post.author})
    for source, author in chance.sample(authors, round(mix.leaving * len(authors))):
        line = chance.randrange(len(once))
        yield (
            line,
            Post(
                source=source,
                id=f"account:{author}",
                text="",
                author=author,
                created_at=once[line].created_at,
                op="delete_author",
            ),
        )
